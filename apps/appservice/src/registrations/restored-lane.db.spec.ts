import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '@ganglion/config';
import type { EventLog } from '@ganglion/event-store';
import { makeIds, systemClock } from '@ganglion/kernel';
import { LaneStore, type LaneKey } from '../dispatch/lane.store.js';
import type { CutTransaction } from '../dispatch/transaction.js';
import { appserviceDatabase, type TestDatabase } from '../testing/database.fixture.js';
import type { Registration } from './registration.js';
import { RegistrationStore } from './registration.store.js';

const bridge: Registration = {
  public: {
    asId: 'bridge',
    sender: '@bridge:hs.test',
    asTokenHash: 'aa',
    namespaces: { users: [], aliases: [], rooms: [] },
    rateLimited: true,
    ipRangeWhitelist: null,
    protocols: [],
    hasUrl: true,
  },
  options: {
    receiveEphemeral: false,
    pushEphemeralMsc2409: false,
    msc3202: false,
    suppressEcho: false,
    legacyEventFields: false,
  },
  url: 'http://127.0.0.1:9',
  hsToken: 'hs',
  source: 'bridge.yaml',
};

const cutOf = (text: string): CutTransaction => ({ eventIds: [text], throughOrdinal: 1, body: Buffer.from(text) });

/** What a backup holds of lanes, and how it comes back: under another identity of the log (`ganglion restore` leaves the lane's own as it was). */
describe('a lane that was restored', () => {
  let db: TestDatabase;
  let dataDir: string;
  let lanes: LaneStore;

  beforeEach(async () => {
    db = await appserviceDatabase();
    dataDir = mkdtempSync(join(tmpdir(), 'ganglion-lane-'));
    lanes = new LaneStore(db.pool);
  });
  afterEach(async () => {
    await db.drop();
    rmSync(dataDir, { recursive: true });
  });

  /** A process that begins to serve the lane, on the log as it is now. */
  async function start(logId: string): Promise<LaneKey> {
    const ids = makeIds(() => systemClock.nowMs());
    const config = loadConfig({ GANGLION_DATA_DIR: dataDir });
    const store = new RegistrationStore(db.pool, systemClock, ids, config, { logId } as EventLog);
    await store.prepare([bridge], new Set(), { logId: 'rooms', pos: 0 });
    const [claimed] = await lanes.claim(['bridge'], `process-on-${logId}`);
    return claimed!.key;
  }
  const sent = async (key: LaneKey, text: string) => {
    const txn = await lanes.freeze(key, cutOf(text), 1);
    await db.pool.query('update txn set acked_at_ms = 1, body = null where sequence = $1', [txn.sequence]);
    return txn.txnId;
  };
  /** @returns brings back what the lane's tables hold now */
  async function backUp(): Promise<() => Promise<void>> {
    await db.pool.query('create table saved_lane as table lane; create table saved_txn as table txn');
    return async () => {
      await db.pool.query(
        `truncate lane, txn; insert into lane select * from saved_lane; insert into txn select * from saved_txn`,
      );
    };
  }

  it('gives no transaction an id that was given after the backup', async () => {
    const before = await start('as-it-was');
    const used = [await sent(before, 'one')];
    const restore = await backUp();
    used.push(await sent(before, 'two'), await sent(before, 'three'));
    for (const incarnation of ['restored', 'restored-once-more']) {
      await restore();
      const key = await start(incarnation);
      const ids = [await sent(key, `two of ${incarnation}`), await sent(key, `three of ${incarnation}`)];
      for (const id of ids) expect(used).not.toContain(id);
      used.push(...ids);
    }
    expect(new Set(used).size).toBe(used.length);
  });

  it('goes on with the ids it had when its process starts again on the same log', async () => {
    const first = await sent(await start('as-it-was'), 'one');
    const second = await sent(await start('as-it-was'), 'two');
    expect(second).toBe(first.replace(/-1$/, '-2'));
  });

  it('repeats what the backup holds unacknowledged, with its id and its very bytes', async () => {
    const frozen = await lanes.freeze(await start('as-it-was'), cutOf('under way'), 1);
    const restore = await backUp();
    await db.pool.query('delete from txn');
    await restore();
    const again = await lanes.frozen(await start('restored'));
    expect(again).toEqual({ ...frozen, body: Buffer.from('under way') });
  });
});
