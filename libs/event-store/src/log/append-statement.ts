import type { PreparedEvent } from './entry.js';

type Statement = { name: string; text: string; values: unknown[] };

export function appendStatement(
  log: string,
  logId: string,
  epochs: ReadonlyMap<number, number>,
  atMs: number,
  events: readonly PreparedEvent[],
): Statement {
  const column = <K extends keyof PreparedEvent>(key: K) => events.map((event) => event[key]);
  return {
    name: 'event_store_append',
    text: 'select append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) as first',
    values: [
      log,
      logId,
      [...epochs.keys()],
      [...epochs.values()],
      atMs,
      column('vshard'),
      column('stream'),
      column('ver'),
      column('type'),
      column('v'),
      column('id'),
      column('metaText'),
      column('keyId'),
      column('dataText'),
    ],
  };
}

/** Where that very event is, if it is. A batch is written whole or not at all, so its first event speaks for it. */
export function findStatement(log: string, event: PreparedEvent): Statement {
  return {
    name: 'event_store_find',
    text: 'select pos, at from event where log = $1 and stream = $2 and ver = $3 and id = $4',
    values: [log, event.stream, event.ver, event.id],
  };
}
