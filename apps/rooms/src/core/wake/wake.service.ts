import { subjects } from '@ganglion/contracts';
import { EventLog } from '@ganglion/event-store';
import { Bus } from '@ganglion/messaging';
import { Injectable } from '@nestjs/common';
import { RoomsProjection } from '../read-model/rooms.projection.js';
import { wakeOf } from './wake-of.js';

/**
 * Tells gateways whose parked syncs may have something to say. After the read model has the events, so that whoever is woken finds
 * them; a burst of commits is one batch there and one wake here. A lost wake costs latency only.
 */
@Injectable()
export class Wake {
  constructor(projection: RoomsProjection, bus: Bus, log: EventLog) {
    projection.onApplied((batch) => {
      const wake = wakeOf(batch);
      if (wake) bus.publishJson(subjects.wakeRooms(log.log), wake);
    });
  }
}
