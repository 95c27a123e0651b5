import { createGunzip } from 'node:zlib';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LOG_SERVICES, type LogService } from '@ganglion/contracts';
import { EventLog, writeCursor } from '@ganglion/event-store';
import { config, done, newPlace, openLog, silent, type TestPlace } from './backup.fixture.js';
import { takeCut } from './cut.js';
import { openBackup } from './read-backup.js';
import { writeBackup } from './write-backup.js';

/** Writers of all logs at full speed, and in every database readers of all others that are as close behind as can be. */
class Load {
  readonly acknowledged = Object.fromEntries(LOG_SERVICES.map((service) => [service, 0])) as Record<LogService, number>;
  private stopped = false;
  private running: Promise<void>[] = [];

  constructor(
    private readonly place: TestPlace,
    private readonly logs: Record<LogService, EventLog>,
  ) {}

  start(): void {
    for (const service of LOG_SERVICES) {
      for (let writer = 0; writer < 3; writer++) this.running.push(this.write(service, `stream-${writer}`));
      for (const source of LOG_SERVICES) if (source !== service) this.running.push(this.follow(service, source));
    }
  }

  /** Waits until every log has so many more events. */
  async more(count: number): Promise<void> {
    const goals = LOG_SERVICES.map((service) => [service, this.acknowledged[service] + count] as const);
    while (goals.some(([service, goal]) => this.acknowledged[service] < goal)) await new Promise(setImmediate);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.running);
  }

  private async write(service: LogService, stream: string): Promise<void> {
    for (let ver = 1; !this.stopped; ver++) {
      const [event] = await this.logs[service].append([done(stream, ver)]);
      this.acknowledged[service] = Math.max(this.acknowledged[service], event!.pos);
    }
  }

  private async follow(service: LogService, source: LogService): Promise<void> {
    const { logId } = this.logs[source];
    while (!this.stopped) {
      await writeCursor(this.place.pools[service], `${service}.${source}`, { logId, pos: this.logs[source].head() });
    }
  }
}

describe('the cut of a backup', () => {
  let place: TestPlace;
  let logs: Record<LogService, EventLog>;
  let folder: string;

  beforeAll(async () => {
    place = await newPlace();
    const opened = await Promise.all(LOG_SERVICES.map((service) => openLog(place, service)));
    logs = Object.fromEntries(LOG_SERVICES.map((service, i) => [service, opened[i]])) as typeof logs;
    folder = mkdtempSync(join(tmpdir(), 'ganglion-cut-'));
  });
  afterAll(async () => {
    await Promise.all(Object.values(logs).map((log) => log.close()));
    await place.drop();
    rmSync(folder, { recursive: true });
  });

  it('is one moment of all logs: no reader knows more than its source, nothing acknowledged is missing, no hole', async () => {
    const load = new Load(place, logs);
    load.start();
    try {
      for (let n = 0; n < 2; n++) {
        await load.more(10);
        const before = { ...load.acknowledged };
        const { path } = await writeBackup({
          place,
          config,
          to: join(folder, `b${n}`),
          withSecrets: true,
          progress: silent,
        });
        const { manifest } = await openBackup(path);
        const heads = new Map(
          Object.values(manifest.services).flatMap((s) => s.logs.map((log) => [log.logId, log.head])),
        );
        for (const service of LOG_SERVICES) {
          const { logs: saved, readers } = manifest.services[service];
          expect(saved).toHaveLength(1);
          expect(saved[0]!.head).toBeGreaterThanOrEqual(before[service]);
          expect(await positionsIn(join(path, service, 'event.copy.gz'))).toEqual(
            Array.from({ length: saved[0]!.head }, (_, i) => i + 1),
          );
          expect(readers.length).toBeGreaterThanOrEqual(LOG_SERVICES.length - 1);
          expect(readers.filter(({ pos, logId }) => pos > heads.get(logId)!)).toEqual([]);
        }
        expect(manifest.cut.heldMs).toBeLessThan(5_000);
      }
      await load.more(5); // nobody was left waiting
    } finally {
      await load.stop();
    }
  });

  it('is taken while nobody can append, and holds nobody afterwards', async () => {
    const appended: string[] = [];
    const appends: Promise<unknown>[] = [];
    const whileHeld = async () => {
      for (const service of LOG_SERVICES) {
        appends.push(logs[service].append([done('held', 1)]).then(() => appended.push(service)));
      }
      const waiting = `select count(distinct datname)::int as logs from pg_stat_activity
        where datname = any($1) and wait_event_type = 'Lock' and query like '%append(%'`;
      const names = LOG_SERVICES.map((service) => new URL(place.urls[service]).pathname.slice(1));
      for (let held = 0; held < LOG_SERVICES.length && appended.length === 0;) {
        held = (await place.pools.auth.query(waiting, [names])).rows[0].logs;
      }
      expect(appended).toEqual([]);
    };
    const heads = LOG_SERVICES.map((service) => logs[service].head());
    const cut = await takeCut(place.urls, { lockTimeoutMs: 5_000, whileHeld });
    await Promise.all(appends);
    for (const [i, service] of LOG_SERVICES.entries()) {
      const { rows } = await cut.snapshots[service].query<{ head: string }>('select head from log');
      expect([service, Number(rows[0]!.head)]).toEqual([service, heads[i]]);
    }
    await cut.release();
  });

  it('waits for an append under way, and lets the others go on meanwhile', async () => {
    const writer = await place.pools.rooms.connect();
    await writer.query(`begin; update log set head = head where log = 'rooms'`);
    const taking = takeCut(place.urls, { lockTimeoutMs: 100, timers: { after: (_ms, run) => later(run) } });
    // While rooms is stuck, the cut lets go of auth again and again.
    const head = logs.auth.head();
    for (let ver = 1; ver <= 5; ver++) await logs.auth.append([done('while-waiting', ver)]);
    await writer.query('commit');
    writer.release();
    const cut = await taking;
    expect(cut.attempts).toBeGreaterThanOrEqual(1);
    const { rows } = await cut.snapshots.auth.query<{ head: string }>('select head from log');
    expect(Number(rows[0]!.head)).toBeGreaterThanOrEqual(head + 5);
    await cut.release();
  });

  it('gives up when a log stays locked, holding nothing', async () => {
    const writer = await place.pools.rooms.connect();
    await writer.query(`begin; update log set head = head where log = 'rooms'`);
    const options = { lockTimeoutMs: 20, attempts: 3, timers: { after: (_ms: number, run: () => void) => later(run) } };
    await expect(takeCut(place.urls, options)).rejects.toThrow(/could not all be locked within 20 ms, 3 times over/);
    await logs.auth.append([done('afterwards', 1)]);
    await writer.query('rollback');
    writer.release();
    const { rows } = await place.pools.auth.query(
      `select 1 from pg_stat_activity where application_name = 'ganglion backup' and datname = current_database()`,
    );
    expect(rows).toEqual([]);
  });
});

function later(run: () => void): () => void {
  const timer = setImmediate(run);
  return () => clearImmediate(timer);
}

/** Of the rows, ascending; the second column is `pos`. */
async function positionsIn(file: string): Promise<number[]> {
  let text = '';
  for await (const chunk of createReadStream(file).pipe(createGunzip())) text += String(chunk);
  const rows = text.split('\n').filter(Boolean);
  return rows.map((row) => Number(row.split('\t')[1])).sort((a, b) => a - b);
}
