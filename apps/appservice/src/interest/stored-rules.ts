import type { StoredEvent } from '@ganglion/contracts';
import type { Queryable } from '@ganglion/event-store';
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
