import type { RoomsWake, StoredEvent, EventPersisted } from '@ganglion/contracts';

/**
 * Whom a batch of commits may concern: the rooms it changed, and whoever's membership anywhere it changed. Also a batch that
 * concerns nobody is told: from the ranges a gateway sees that it has missed none. Null: an empty batch.
 */
export function wakeOf(batch: readonly StoredEvent[]): RoomsWake | null {
  const [first, last] = [batch[0], batch.at(-1)];
  if (!first || !last) return null;
  const persisted = batch.filter((event): event is StoredEvent<EventPersisted> => event.type === 'event.persisted');
  return {
    logId: last.logId,
    from: first.pos,
    pos: last.pos,
    rooms: [...new Set(persisted.map(({ data }) => data.roomId))],
    users: [...new Set(persisted.flatMap(({ data }) => data.membership?.userId ?? []))],
  };
}
