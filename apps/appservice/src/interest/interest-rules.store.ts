import type { LogPosition, StoredEvent } from '@ganglion/contracts';
import type { Queryable } from '@ganglion/event-store';
import type { Registration } from '../registrations/registration.js';
import type { Rules } from './interest-matcher.js';

/** Rules of one appservice and from which event of the rooms log on they hold. */
export interface StoredRules {
  version: number;
  rules: Rules;
  /** Whether the fan-out has reached their beginning. */
  active: boolean;
  /** They hold for events after it; null: not known, `fromMs` decides. */
  from: { logId: string; pos: number } | null;
  /** Commit time, ms since the epoch. */
  fromMs: number;
}

interface Row {
  version: string;
  rules: string;
  active: boolean;
  from_log_id: string | null;
  from_pos: string | null;
  from_ms: string;
}

/** In the order in which they begin to hold. */
export async function readRules(db: Queryable): Promise<StoredRules[]> {
  const { rows } = await db.query<Row>({
    name: 'interest_rules',
    text: 'select version, rules, active, from_log_id, from_pos, from_ms from interest_rules order by version',
  });
  return rows.map((row) => ({
    version: Number(row.version),
    rules: JSON.parse(row.rules) as Rules,
    active: row.active,
    from: row.from_log_id === null ? null : { logId: row.from_log_id, pos: Number(row.from_pos) },
    fromMs: Number(row.from_ms),
  }));
}

/** Whether the rules hold for the event already. */
export function holdFor({ from, fromMs }: StoredRules, { logId, pos, atMs }: StoredEvent): boolean {
  return from?.logId === logId ? pos > from.pos : atMs >= fromMs;
}

/** Tells every reader of the rules that they have changed; waits for a fan-out under way, makes later ones wait. */
export async function raiseRulesVersion(tx: Queryable): Promise<number> {
  const { rows } = await tx.query<{ version: string }>({
    text: 'update fan_out set version = version + 1 returning version',
  });
  return Number(rows[0]!.version);
}

/** The rules of a registration as they are stored. */
export function rulesOf({ public: { asId, sender, namespaces }, options: { suppressEcho } }: Registration): string {
  const rules: Rules = { asId, sender, namespaces, suppressEcho };
  return JSON.stringify(rules);
}

export async function newestRules(db: Queryable, asId: string): Promise<string | null> {
  const text = 'select rules from interest_rules where as_id = $1 order by version desc limit 1';
  return (await db.query<{ rules: string }>({ text, values: [asId] })).rows[0]?.rules ?? null;
}

/**
 * Puts the rules of a registration in force from `beginning` on, when they are new; takes them away when it has no URL.
 * @param mustBeThere  the appservice is served already
 * @returns false when they must be there and are not: nobody can tell from where on it must be served
 */
export async function saveRules(
  tx: Queryable,
  registration: Registration,
  mustBeThere: boolean,
  { head, nowMs }: { head: LogPosition | null; nowMs: number },
): Promise<boolean> {
  const { asId } = registration.public;
  if (registration.url === null) {
    await tx.query({ text: 'delete from interest_rules where as_id = $1', values: [asId] });
    await tx.query({ text: 'delete from room_interest where as_id = $1', values: [asId] });
    return true;
  }
  const [newest, rules] = [await newestRules(tx, asId), rulesOf(registration)];
  if (newest === null && mustBeThere) return false;
  if (newest === rules) return true;
  await tx.query({
    text: 'insert into interest_rules (as_id, rules, from_log_id, from_pos, from_ms) values ($1, $2, $3, $4, $5)',
    values: [asId, rules, head?.logId ?? null, head?.pos ?? null, nowMs],
  });
  return true;
}
