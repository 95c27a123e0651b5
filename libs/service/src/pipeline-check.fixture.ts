import type { StoredEvent } from '@ganglion/contracts';
import { CURSOR_SCHEMA, PgProjection } from '@ganglion/event-store';
import type pg from 'pg';

/** One event as a projection has heard it. */
export interface Heard {
  pos: number;
  stream: string;
  ver: number;
  /** The event's data as JSON. */
  payload: string;
}

export const LISTS_SCHEMA = `${CURSOR_SCHEMA}
create table heard (
  arrival bigint generated always as identity primary key,
  pos bigint not null, stream text not null, ver int not null, payload text not null
);`;

/**
 * Every stream's events as a list, in the order in which they came. No key keeps a second one out and nothing is sorted, so
 * whatever is lost, doubled or reordered on the way stays visible. Cleared by `delete`, which unlike `truncate` waits for nobody.
 */
export class StreamLists extends PgProjection {
  readonly name = 'test.stream-lists';
  readonly tables = ['heard'];
  readonly rebuilding = { on: (pool: pg.Pool) => new StreamLists(pool) };

  protected async project(tx: pg.PoolClient, batch: readonly StoredEvent[]): Promise<void> {
    await this.write(tx, batch);
  }

  protected async clear(tx: pg.PoolClient): Promise<void> {
    await tx.query('delete from heard');
  }

  protected async write(tx: pg.PoolClient | pg.Pool, batch: readonly StoredEvent[]): Promise<void> {
    const all = batch.map(heard);
    await tx.query({
      name: 'heard',
      text: `insert into heard (pos, stream, ver, payload)
        select pos, stream, ver, payload from unnest($1::bigint[], $2::text[], $3::int[], $4::text[])
          with ordinality as h(pos, stream, ver, payload, n) order by n`,
      values: [all.map((one) => one.pos), all.map((one) => one.stream), all.map((one) => one.ver), all.map(payloadOf)],
    });
  }

  /** All of them, as they came. */
  async lists(): Promise<Heard[]> {
    const { rows } = await this.pool.query<Heard & { pos: string }>(
      'select pos, stream, ver, payload from heard order by arrival',
    );
    return rows.map((row) => ({ ...row, pos: Number(row.pos) }));
  }
}

export const heard = ({ pos, stream, ver, data }: StoredEvent): Heard => ({
  pos,
  stream,
  ver,
  payload: JSON.stringify(data),
});

const payloadOf = ({ payload }: Heard): string => payload;

/** How `actual` differs from `expected`, a line each; empty: nothing is lost, doubled, invented or reordered. */
export function differences(actual: readonly Heard[], expected: readonly Heard[]): string[] {
  const [have, want] = [actual.map(keyOf), expected.map(keyOf)];
  const [counted, wanted] = [countsOf(have), countsOf(want)];
  const found = [
    ...[...wanted].filter(([key]) => !counted.has(key)).map(([key]) => `lost: ${short(key)}`),
    ...[...counted].filter(([key]) => !wanted.has(key)).map(([key]) => `invented: ${short(key)}`),
    ...[...counted]
      .filter(([key, times]) => times > (wanted.get(key) ?? times))
      .map(([key]) => `doubled: ${short(key)}`),
  ];
  if (found.length > 0) return found;
  return have.flatMap((key, i) => (key === want[i] ? [] : [`reordered: ${short(key)}`]));
}

const keyOf = ({ pos, stream, ver, payload }: Heard): string => `${pos} ${stream} v${ver} ${payload}`;

/** Payloads may be long; each begins with a number of its own. */
const short = (key: string): string => key.slice(0, 80);

function countsOf(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

/** What appends have promised. */
export class Journal {
  /** In any order. */
  readonly acknowledged: StoredEvent[] = [];
  /** Payloads of appends that never got an answer: each of them is in the log once or not at all. */
  readonly uncertain = new Set<string>();
  /** Last version of each stream that is known here. */
  readonly versions = new Map<string, number>();
  private answered = 0;
  private waiters: { appends: number; resolve: () => void }[] = [];

  /** Of a log restored from a copy that was made now. */
  fork(): Journal {
    const fork = new Journal();
    fork.acknowledged.push(...this.acknowledged);
    for (const payload of this.uncertain) fork.uncertain.add(payload);
    for (const [stream, ver] of this.versions) fork.versions.set(stream, ver);
    return fork;
  }

  acknowledge(events: readonly StoredEvent[]): void {
    this.acknowledged.push(...events);
    for (const { stream, ver } of events) this.learn(stream, ver);
    this.answered++;
    this.waiters = this.waiters.filter(({ appends, resolve }) => {
      if (appends <= this.answered) resolve();
      return appends > this.answered;
    });
  }

  learn(stream: string, ver: number): void {
    this.versions.set(stream, Math.max(ver, this.versions.get(stream) ?? 0));
  }

  /** Resolves when so many more appends have been acknowledged. */
  further(appends: number): Promise<void> {
    return new Promise((resolve) => this.waiters.push({ appends: this.answered + appends, resolve }));
  }

  /** How what was projected differs from what was promised. */
  differences(projected: readonly Heard[]): string[] {
    const mayBe = projected.filter(({ payload }) => this.uncertain.has(payload));
    const sure = projected.filter(({ payload }) => !this.uncertain.has(payload));
    const promised = this.acknowledged.map(heard).sort((a, b) => a.pos - b.pos);
    const twice = [...countsOf(mayBe.map(payloadOf))].filter(([, times]) => times > 1);
    return [...differences(sure, promised), ...twice.map(([payload]) => `doubled: unanswered ${short(payload)}`)];
  }
}
