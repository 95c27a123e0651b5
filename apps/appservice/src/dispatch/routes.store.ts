import type { Queryable } from '@ganglion/event-store';

/** An event that an appservice shall get. */
export interface Route {
  asId: string;
  logId: string;
  pos: number;
  eventId: string;
  roomId: string;
  /** Ms since the epoch. */
  receivedTs: number;
  /** Client format without `age`, JSON. */
  event: string;
}

/** Appends to the lanes, in the order given. */
export async function insertRoutes(tx: Queryable, routes: readonly Route[]): Promise<void> {
  if (routes.length === 0) return;
  const column = <K extends keyof Route>(key: K) => routes.map((route) => route[key]);
  await tx.query({
    name: 'route_insert',
    text: `insert into route (as_id, log_id, pos, event_id, room_id, received_ts, event)
      select as_id, log_id, pos, event_id, room_id, received_ts, event
      from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::text[])
        with ordinality as r(as_id, log_id, pos, event_id, room_id, received_ts, event, n)
      order by n`,
    values: [
      column('asId'),
      column('logId'),
      column('pos'),
      column('eventId'),
      column('roomId'),
      column('receivedTs'),
      column('event'),
    ],
  });
}
