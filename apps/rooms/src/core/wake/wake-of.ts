import type { RoomsWake, StoredEvent, EventPersisted } from '@ganglion/contracts';

/** Whom a batch of commits may concern: the rooms it changed, and whoever's membership anywhere it changed. Null: nobody. */
export function wakeOf(batch: readonly StoredEvent[]): RoomsWake | null {
  const persisted = batch.filter((event): event is StoredEvent<EventPersisted> => event.type === 'event.persisted');
  const last = persisted.at(-1);
  if (!last) return null;
  return {
    logId: last.logId,
    pos: last.pos,
    rooms: [...new Set(persisted.map(({ data }) => data.roomId))],
    users: [...new Set(persisted.flatMap(({ data }) => data.membership?.userId ?? []))],
  };
}
