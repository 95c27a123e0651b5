import { logOf, subjects, type RoomsWake } from '@ganglion/contracts';
import { headSubject, type Bus, type HeadNotice } from '@ganglion/messaging';
import type { WakeBook } from './wake-book.js';

/** Hears the wakes and beacons of the rooms log and tells the book. @returns ends it */
export function listenToWakes(bus: Bus, book: WakeBook): () => void {
  const log = logOf('rooms');
  const ends = [
    bus.listen(subjects.wakeRooms(log), (body) => book.woken(body as RoomsWake)),
    bus.listen(headSubject('rooms', log), (body) => book.beacon(body as HeadNotice)),
    bus.onReconnect(() => book.everybody()),
  ];
  return () => ends.forEach((end) => end());
}
