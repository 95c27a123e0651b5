import pg from 'pg';
import { versionKey, type EventRow, type HeardRow, type Tables } from './tables.js';

export interface Statement {
  name?: string | undefined;
  text: string;
  values: unknown[];
}

export interface Result {
  rows: object[];
  rowCount: number;
}

/** What a statement found, and what it changes when it is committed. */
export interface Outcome {
  result: Result;
  apply?: (tables: Tables) => void;
}

export interface Context {
  /** The server's clock, virtual ms. */
  nowMs: number;
  /** For identities that the server makes up. */
  newId: () => string;
  rules: DatabaseRules;
}

/** What the log's SQL functions check; a mutant leaves something out. */
export interface DatabaseRules {
  epochs: boolean;
  logIds: boolean;
}

interface Meaning {
  /** Row locks it takes, in this order, and keeps to the end of its transaction. */
  locks: (values: never) => string[];
  evaluate: (tables: Tables, values: never, context: Context) => Outcome;
}

/**
 * The model of what the log's statements do, after `libs/event-store/src/log/schema.ts` and its callers. `faithful.db.spec.ts` holds
 * it against Postgres. A statement that is not here is a bug of the simulation and ends the world.
 */
export function meaningOf({ name, text }: Statement): Meaning {
  const key = name ?? UNNAMED.find(([part]) => text.includes(part))?.[1];
  const found = key === undefined ? undefined : MEANINGS[key];
  if (!found) throw new Error(`the simulated database does not know this statement: ${name ?? text}`);
  return found;
}

/** Statements without a name are told apart by a part of their text. */
const UNNAMED: [string, string][] = [
  ['insert into log ', 'create_log'],
  ['from claim(', 'claim'],
  ['from reclaim(', 'reclaim'],
  ['renew_log_id(', 'renew_log_id'],
  ['update owner set until = clock_timestamp() where', 'release'],
  ['delete from candidate where', 'leave'],
];

const meaning = <Values extends unknown[]>(
  locks: (values: Values) => string[],
  evaluate: (tables: Tables, values: Values, context: Context) => Outcome,
) => ({ locks, evaluate }) as Meaning;

const NO_LOCK = () => [];
const LOG_LOCK = () => ['log'];
const LOG_AND_OWNER_LOCK = () => ['log', 'owner'];
const OWNER_LOCK = () => ['owner'];
const CURSOR_LOCK = ([name]: [string, ...unknown[]]) => [`cursor ${name}`];

const found = (rows: object[]): Outcome => ({ result: { rows, rowCount: rows.length } });
const changed = (rowCount: number, apply: (tables: Tables) => void): Outcome => ({
  result: { rows: [], rowCount },
  apply,
});

type Claim = [log: string, logId: string, vshards: number[], holder: string, leaseMs: number | null, onlyFree: boolean];
type Append = [
  log: string,
  logId: string,
  owned: number[],
  epochs: number[],
  at: number,
  vshards: number[],
  streams: string[],
  vers: number[],
  types: string[],
  vs: number[],
  ids: string[],
  metas: string[],
  keyIds: (string | null)[],
  datas: string[],
];

const MEANINGS: Record<string, Meaning> = {
  create_log: meaning(LOG_LOCK, ({ logId }, _: [string], { newId }) => {
    if (logId !== '') return changed(0, () => undefined);
    const made = newId();
    return changed(1, (tables) => (tables.logId = made));
  }),
  event_store_identity: meaning(NO_LOCK, ({ logId, head }) =>
    found(logId === '' ? [] : [{ log_id: logId, head: String(head) }]),
  ),
  event_store_append: meaning(LOG_LOCK, append),
  event_store_find: meaning(NO_LOCK, (tables, [, stream, ver, id]: [string, string, number, string]) => {
    const row = tables.events[(tables.versions.get(versionKey(stream, ver)) ?? 0) - 1];
    return found(row?.id === id ? [{ pos: String(row.pos), at: String(row.at) }] : []);
  }),
  event_store_after: meaning(NO_LOCK, (tables, [, pos, limit]: [string, number, number]) =>
    found(tables.events.slice(pos, pos + limit).map((row) => asRead(tables, row))),
  ),
  event_store_stream: meaning(NO_LOCK, (tables, [, stream, after, limit]: [string, string, number, number | null]) => {
    const rows = tables.events.filter((row) => row.stream === stream && row.ver > after).sort((a, b) => a.ver - b.ver);
    return found(rows.slice(0, limit ?? undefined).map((row) => asRead(tables, row)));
  }),
  claim: meaning(LOG_AND_OWNER_LOCK, claim),
  reclaim: meaning(
    LOG_AND_OWNER_LOCK,
    (tables, [, logId, vshards, holder]: [string, string, number[], string], context) => {
      sameLog(tables, logId, context);
      const ours = vshards.flatMap((vshard) => {
        const row = tables.owners.get(vshard);
        return row?.holder === holder ? [{ vshard, row: { ...row, epoch: row.epoch + 1 } }] : [];
      });
      return {
        ...found(ours.map(({ vshard, row }) => ({ claimed: vshard, claimed_epoch: String(row.epoch) }))),
        apply: ({ owners }) => ours.forEach(({ vshard, row }) => owners.set(vshard, row)),
      };
    },
  ),
  event_store_look: meaning(OWNER_LOCK, look),
  release: meaning(OWNER_LOCK, (tables, [, holder, vshards]: [string, string, number[]], { nowMs }) => {
    const ours = vshards.filter((vshard) => tables.owners.get(vshard)?.holder === holder);
    return changed(ours.length, ({ owners }) =>
      ours.forEach((vshard) => owners.set(vshard, { ...owners.get(vshard)!, until: nowMs })),
    );
  }),
  leave: meaning(OWNER_LOCK, ({ candidates }, [, holder]: [string, string]) =>
    changed(candidates.has(holder) ? 1 : 0, (tables) => tables.candidates.delete(holder)),
  ),
  renew_log_id: meaning(LOG_LOCK, ({ logId: old }, _: [string], { newId }) => {
    const id = newId();
    return {
      ...found([{ id }]),
      apply: (tables) => {
        tables.logId = id;
        for (const [name, { logId, pos }] of tables.cursors)
          if (logId === old && name.startsWith('relay.')) tables.cursors.set(name, { logId: id, pos });
      },
    };
  }),
  cursor_read: meaning(NO_LOCK, ({ cursors }, [name]: [string]) => {
    const at = cursors.get(name);
    return found(at ? [{ log_id: at.logId, pos: String(at.pos) }] : []);
  }),
  cursor_write: meaning(CURSOR_LOCK, (_tables, [name, logId, pos]: [string, string, number]) =>
    changed(1, ({ cursors }) => cursors.set(name, { logId, pos })),
  ),
  cursor_move: meaning(CURSOR_LOCK, ({ cursors }, [name, logId, from, to]: [string, string, number, number]) => {
    const at = cursors.get(name);
    const there = at?.logId === logId && at.pos === from;
    return changed(there ? 1 : 0, (tables) => there && tables.cursors.set(name, { logId, pos: to }));
  }),
  cursor_advance: meaning(CURSOR_LOCK, ({ cursors }, [name, logId, pos]: [string, string, number]) => {
    const at = cursors.get(name);
    const to = at?.logId === logId ? Math.max(at.pos, pos) : pos;
    return changed(1, (tables) => tables.cursors.set(name, { logId, pos: to }));
  }),
  heard_insert: meaning(NO_LOCK, (_tables, [rows]: [HeardRow[]]) =>
    changed(rows.length, (tables) => (tables.heard = [...tables.heard, ...rows])),
  ),
  heard_delete: meaning(NO_LOCK, ({ heard }) => {
    // Rows that others commit before this does were not seen by it.
    const seen = new Set(heard);
    return changed(seen.size, (tables) => (tables.heard = tables.heard.filter((row) => !seen.has(row))));
  }),
  heard_read: meaning(NO_LOCK, ({ heard, cursors }, [name]: [string]) =>
    found([{ heard, at: cursors.get(name) ?? null }]),
  ),
  member_load: meaning(NO_LOCK, ({ members }) => found([...members].map((member_id) => ({ member_id })))),
  member_add: meaning(NO_LOCK, (_tables, [id]: [string]) => changed(1, ({ members }) => members.add(id))),
  member_remove: meaning(OWNER_LOCK, ({ owners }, [ids, leader, holder]: [string[], number, string]) => {
    const leads = owners.get(leader)?.holder === holder;
    return changed(leads ? ids.length : 0, ({ members }) => leads && ids.forEach((id) => members.delete(id)));
  }),
};

function append(tables: Tables, values: Append, context: Context): Outcome {
  const [, logId, owned, epochs, at, vshards, streams, vers, types, vs, ids, metas, keyIds, datas] = values;
  sameLog(tables, logId, context);
  const stale = owned.filter((vshard, i) => tables.owners.get(vshard)?.epoch !== epochs[i]);
  if (stale.length > 0 && context.rules.epochs) throw failure('LG001', 'stale epoch', { detail: stale.join(',') });
  const rows = streams.map((stream, i): EventRow => ({
    pos: tables.head + 1 + i,
    vshard: vshards[i]!,
    stream,
    ver: vers[i]!,
    type: types[i]!,
    v: vs[i]!,
    id: ids[i]!,
    at,
    meta: metas[i]!,
    key_id: keyIds[i]!,
    data: datas[i]!,
  }));
  const keys = rows.map(({ stream, ver }) => versionKey(stream, ver));
  if (new Set(keys).size < keys.length || keys.some((key) => tables.versions.has(key)))
    throw failure('23505', 'duplicate key', { constraint: 'event_stream_ver' });
  return {
    ...found([{ first: String(tables.head + 1) }]),
    apply: (tables) => {
      tables.head += rows.length;
      for (const row of rows) {
        tables.events.push(row);
        tables.versions.set(versionKey(row.stream, row.ver), row.pos);
      }
    },
  };
}

function claim(tables: Tables, values: Claim, context: Context): Outcome {
  const [, logId, vshards, holder, leaseMs, onlyFree] = values;
  sameLog(tables, logId, context);
  const { nowMs } = context;
  const until = leaseMs === null ? null : nowMs + leaseMs;
  const gained = vshards.flatMap((vshard) => {
    const row = tables.owners.get(vshard);
    const free = !row || !onlyFree || row.holder === holder || (row.until !== null && row.until < nowMs);
    return free ? [{ vshard, row: { epoch: (row?.epoch ?? 0) + 1, holder, until } }] : [];
  });
  return {
    ...found(gained.map(({ vshard, row }) => ({ claimed: vshard, claimed_epoch: String(row.epoch) }))),
    apply: ({ owners }) => gained.forEach(({ vshard, row }) => owners.set(vshard, row)),
  };
}

function look(tables: Tables, values: [string, string, number[], number], { nowMs }: Context): Outcome {
  const [, holder, ours, leaseMs] = values;
  const kept = ours.filter((vshard) => tables.owners.get(vshard)?.holder === holder).sort(ascending);
  const taken = [...tables.owners]
    .filter(([, row]) => row.holder !== holder && (row.until === null || row.until >= nowMs))
    .map(([vshard]) => vshard)
    .sort(ascending);
  const others = [...tables.candidates].filter(([name, until]) => name !== holder && until >= nowMs);
  const candidates = [...others.map(([name]) => name), holder].sort();
  return {
    ...found([{ kept, taken, candidates }]),
    apply: (tables) => {
      tables.candidates.set(holder, nowMs + leaseMs);
      for (const vshard of kept) tables.owners.set(vshard, { ...tables.owners.get(vshard)!, until: nowMs + leaseMs });
    },
  };
}

const ascending = (a: number, b: number): number => a - b;

function sameLog({ logId: is }: Tables, logId: string, { rules }: Context): void {
  if (is !== logId && rules.logIds) throw failure('LG002', 'the log is another one');
}

function asRead({ logId }: Tables, row: EventRow): object {
  return { ...row, log_id: logId, pos: String(row.pos), at: String(row.at) };
}

/** As the server says it. */
export function failure(code: string, message: string, more: { detail?: string; constraint?: string } = {}): Error {
  const error = new pg.DatabaseError(message, message.length, 'error');
  return Object.assign(error, { code, ...more });
}
