import { randomBytes } from 'node:crypto';
import type { StoredEvent } from '@ganglion/contracts';
import { FixedClock } from '@ganglion/kernel';
import fc from 'fast-check';
import type pg from 'pg';
import { verifyLog } from '../chain/verify-log.js';
import { ids, lit, openLog, type TestDatabase, testDatabase } from '../database.fixture.js';
import { LogUnavailable } from '../log/event-log.errors.js';
import type { EventLog } from '../log/event-log.js';
import { PgProjection } from '../projection/pg-projection.js';
import { rebuild } from '../projection/rebuild.js';
import type { Frame } from '../relay/frames.js';
import { Relay } from '../relay/relay.js';
import { WrongMasterKey } from './master-key.js';
import { isSealed, type Sealed } from './sealed.js';
import { SubjectKeys, type SubjectKeysOptions } from './subject-keys.js';

const ALICE = '@alice:localhost';
const BOB = '@bob:localhost';
const masterKey = randomBytes(32);

let db: TestDatabase;
beforeAll(async () => (db = await testDatabase()));
afterEach(() => db.pool.query('delete from data_key'));
afterAll(() => db.drop());

const keysOf = (options: Partial<SubjectKeysOptions> = {}) =>
  new SubjectKeys({ pool: db.pool, masterKey, clock: new FixedClock(), ids, ...options });

describe('SubjectKeys', () => {
  it('opens what it sealed, whatever it is, in any process', async () => {
    const [one, other] = [keysOf(), keysOf()];
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.jsonValue(), async (field, drawn) => {
        const value = JSON.parse(JSON.stringify(drawn ?? 'x')) as NonNullable<unknown>;
        const { keyId, sealed } = await one.seal(ALICE, field, value);
        expect(isSealed(sealed)).toBe(true);
        expect(await other.open(keyId, field, sealed)).toEqual(value);
      }),
      { numRuns: 50 },
    );
  });

  it('has one key per subject, and never seals alike', async () => {
    const keys = keysOf();
    const [a, b, c] = [
      await keys.seal(ALICE, 'ip', 'x'),
      await keys.seal(ALICE, 'ip', 'x'),
      await keys.seal(BOB, 'ip', 'x'),
    ];
    expect(a.keyId).toBe(b.keyId);
    expect(c.keyId).not.toBe(a.keyId);
    expect(a.sealed).not.toEqual(b.sealed);
  });

  it('leaves what is null or not to be sealed as it is', async () => {
    const data = { name: null, ip: '192.0.2.7', kept: { as: 'it is' }, agent: undefined as string | undefined };
    const { keyId, data: sealed } = await keysOf().sealFields(ALICE, data, ['name', 'ip', 'agent']);
    expect(sealed).toEqual({ name: null, ip: { sealed: expect.any(String) }, kept: { as: 'it is' } });
    const open = await keysOf().opener([{ keyId, data: sealed }]);
    expect(['name', 'ip', 'kept', 'agent'].map((field) => open({ keyId, data: sealed }, field))).toEqual([
      null,
      '192.0.2.7',
      { as: 'it is' },
      null,
    ]);
  });

  it('asks for the keys of a batch at once, and only for those it has not', async () => {
    const keys = keysOf();
    const [a, b] = [await keys.seal(ALICE, 'ip', 'a'), await keys.seal(BOB, 'ip', 'b')];
    const query = jest.spyOn(db.pool, 'query');
    const events = [a, b, a].map(({ keyId, sealed: ip }) => ({ keyId, data: { ip } }));
    const open = await keys.opener(events);
    expect(events.map((event) => open(event, 'ip'))).toEqual(['a', 'b', 'a']);
    expect(query).toHaveBeenCalledTimes(1);
    await keys.opener(events);
    expect(query).toHaveBeenCalledTimes(1);
    query.mockRestore();
  });

  it('opens for no other subject, field or event, and nothing that was changed', async () => {
    const keys = keysOf();
    const [a, b] = [await keys.seal(ALICE, 'ip', '192.0.2.7'), await keys.seal(BOB, 'ip', '192.0.2.8')];
    await expect(keys.open(b.keyId, 'ip', a.sealed)).rejects.toThrow('was changed, or was sealed for something else');
    await expect(keys.open(a.keyId, 'agent', a.sealed)).rejects.toThrow('sealed for something else');
    const bytes = Buffer.from(a.sealed.sealed, 'base64url');
    for (let i = 0; i < bytes.length; i++) {
      const changed = Buffer.from(bytes);
      changed[i]! ^= 1;
      await expect(keys.open(a.keyId, 'ip', textOf(changed))).rejects.toThrow('was changed');
    }
    await expect(keys.open(a.keyId, 'ip', textOf(bytes.subarray(0, 20)))).rejects.toThrow('was changed');
    const open = await keys.opener([]);
    expect(() => open({ data: { ip: a.sealed } }, 'ip')).toThrow('names no key');
  });

  it('says clearly that the master key is another one', async () => {
    const { keyId, sealed } = await keysOf().seal(ALICE, 'ip', 'x');
    const strange = keysOf({ masterKey: randomBytes(32) });
    await expect(strange.check()).rejects.toThrow(WrongMasterKey);
    await expect(strange.open(keyId, 'ip', sealed)).rejects.toThrow('another master key');
    await expect(strange.seal(ALICE, 'ip', 'x')).rejects.toThrow(WrongMasterKey);
    await keysOf().check();
    expect(() => keysOf({ masterKey: randomBytes(16) })).toThrow('32 bytes');
  });

  it('opens no key whose row was changed or given to another subject', async () => {
    const { keyId, sealed } = await keysOf().seal(ALICE, 'ip', 'x');
    await db.pool.query(`update data_key set wrapped = set_byte(wrapped, 40, get_byte(wrapped, 40) # 1)`);
    await expect(keysOf().open(keyId, 'ip', sealed)).rejects.toThrow('was changed');
    await db.pool.query(`update data_key set wrapped = set_byte(wrapped, 40, get_byte(wrapped, 40) # 1)`);
    expect(await keysOf().open(keyId, 'ip', sealed)).toBe('x');
    await db.pool.query('update data_key set subject = $1', [BOB]);
    await expect(keysOf().open(keyId, 'ip', sealed)).rejects.toThrow('was changed');
  });

  it('ends with one key when many seal for a new subject at once', async () => {
    const processes = Array.from({ length: 12 }, () => keysOf());
    const sealed = await Promise.all(processes.map((keys, i) => keys.seal(ALICE, 'ip', i)));
    expect(new Set(sealed.map(({ keyId }) => keyId)).size).toBe(1);
    for (const [i, one] of sealed.entries()) expect(await keysOf().open(one.keyId, 'ip', one.sealed)).toBe(i);
  });

  it('says unavailable, not broken, when the database is away', async () => {
    const away = { query: () => Promise.reject(new Error('ECONNREFUSED')) };
    await expect(keysOf({ pool: away }).seal(ALICE, 'ip', 'x')).rejects.toThrow(LogUnavailable);
  });
});

describe('a destroyed subject', () => {
  it('is erased at once where it was destroyed, and nobody else is', async () => {
    const keys = keysOf();
    const [a, b] = [await keys.seal(ALICE, 'ip', 'a'), await keys.seal(BOB, 'ip', 'b')];
    expect(await keys.open(a.keyId, 'ip', a.sealed)).toBe('a');
    expect(await keys.destroy(ALICE)).toBe(1);
    expect(await keys.open(a.keyId, 'ip', a.sealed)).toBeNull();
    expect(await keys.open(b.keyId, 'ip', b.sealed)).toBe('b');
    expect(await keys.destroy(ALICE)).toBe(0);
  });

  it('gets a new key when it returns, at once and in every process', async () => {
    const [one, other] = [keysOf(), keysOf()];
    const before = await other.seal(ALICE, 'ip', 'before');
    await other.open(before.keyId, 'ip', before.sealed);
    await one.destroy(ALICE);
    const after = await other.seal(ALICE, 'ip', 'after');
    expect(after.keyId).not.toBe(before.keyId);
    expect(await one.open(after.keyId, 'ip', after.sealed)).toBe('after');
    expect(await one.open(before.keyId, 'ip', before.sealed)).toBeNull();
  });

  it('is erased elsewhere as soon as that is announced', async () => {
    const other = keysOf();
    const one = keysOf({ announce: (keyIds) => other.forget(keyIds) });
    const { keyId, sealed } = await one.seal(ALICE, 'ip', 'a');
    await other.open(keyId, 'ip', sealed);
    await one.destroy(ALICE);
    expect(await other.open(keyId, 'ip', sealed)).toBeNull();
  });

  it('is erased elsewhere within a minute when nobody hears of it', async () => {
    const clock = new FixedClock();
    const other = keysOf({ clock });
    const { keyId, sealed } = await keysOf().seal(ALICE, 'ip', 'a');
    await other.open(keyId, 'ip', sealed);
    await keysOf().destroy(ALICE);
    clock.advance(59_999);
    expect(await other.open(keyId, 'ip', sealed)).toBe('a');
    clock.advance(1);
    expect(await other.open(keyId, 'ip', sealed)).toBeNull();
  });

  it('is not remembered by a process that was asking when it was told', async () => {
    const { keyId, sealed } = await keysOf().seal(ALICE, 'ip', 'a');
    const slow = {
      query: async (config: Parameters<SubjectKeysOptions['pool']['query']>[0]) => {
        const answer = await db.pool.query(config);
        await keysOf({ announce: (keyIds) => reader.forget(keyIds) }).destroy(ALICE);
        return answer;
      },
    };
    const reader = keysOf({ pool: slow as SubjectKeysOptions['pool'] });
    expect(await reader.open(keyId, 'ip', sealed)).toBe('a');
    expect(await reader.open(keyId, 'ip', sealed)).toBeNull();
  });
});

/** Who signed in from where: stores what it opened, and deletes it when the person is erased. */
class Addresses extends PgProjection {
  readonly name = 'test.addresses';
  readonly tables = ['address'];
  readonly rebuilding = { on: (pool: pg.Pool) => new Addresses(pool, this.keys) };
  constructor(
    pool: pg.Pool,
    private readonly keys: SubjectKeys,
  ) {
    super(pool);
  }
  protected async project(tx: pg.PoolClient, batch: readonly StoredEvent[]): Promise<void> {
    const open = await this.keys.opener(batch);
    for (const event of batch) {
      if (event.type === 'lamp.lit') {
        await tx.query('insert into address values ($1, $2)', [event.stream, open(event, 'ip')]);
      } else await tx.query('delete from address where stream = $1', [event.stream]);
    }
  }
  protected async clear(tx: pg.PoolClient): Promise<void> {
    await tx.query('delete from address');
  }
}

describe('the erasure', () => {
  const CANARY = 'canary-203.0.113.77-é';
  const OTHER = 'canary-198.51.100.1';
  let log: EventLog;
  let keys: SubjectKeys;
  const payloads: string[] = [];

  beforeAll(async () => {
    await db.pool.query('create table address (stream text, ip text)');
    log = await openLog(db);
    keys = keysOf();
  });
  afterAll(() => log.close());

  it('leaves the plain text in no table and in no message, the log whole, and null for who comes later', async () => {
    const addresses = new Addresses(db.pool, keys);
    await addresses.reset(log.logId);
    for (const [person, ip] of [
      [ALICE, CANARY],
      [BOB, OTHER],
    ] as const) {
      const { keyId, data } = await keys.sealFields(person, { ip, by: person }, ['ip']);
      await log.append([{ ...lit(person, 1, data), keyId }]);
    }
    const relay = new Relay({
      log,
      frames: { publish: async (frame: Frame) => void payloads.push(frame.body.toString()) },
      publish: async (event) => void payloads.push(JSON.stringify(event)),
      report: (error) => {
        throw error;
      },
    });
    relay.start();
    await addresses.apply(await log.readAfter(0, 10));
    // Otherwise the search below would find nothing because it cannot.
    expect(await rowsWith(CANARY)).toEqual(['address']);

    await keys.destroy(ALICE);
    const erased = { ...lit(ALICE, 2, {}), type: 'lamp.put_out' };
    await addresses.apply(await log.append([erased]));
    await relay.drained(log.head());
    await relay.stop();

    expect(await rowsWith(CANARY)).toEqual([]);
    expect(await rowsWith(OTHER)).toEqual(['address']);
    expect(payloads.join()).toContain('"sealed":"');
    for (const text of spellings(CANARY)) expect(payloads.join()).not.toContain(text);
    expect(await verifyLog(db.pool, log.log)).toMatchObject({ events: 3, finding: null });

    const seen: unknown[] = [];
    const later = new (class extends Addresses {
      protected override async project(_: pg.PoolClient, batch: readonly StoredEvent[]): Promise<void> {
        const open = await keysOf().opener(batch);
        seen.push(...batch.map((event) => open(event, 'ip')));
      }
    })(db.pool, keys);
    await rebuild(later, log);
    expect(seen).toEqual([null, OTHER, null]);
  });

  it('tells readers the key of an event, the same from memory, from the log and from a frame', async () => {
    const json: string[] = [];
    log.onCommitted((_, texts) => json.push(...texts));
    const { keyId, sealed } = await keys.seal(BOB, 'ip', OTHER);
    const [appended] = await log.append([{ ...lit('keyed', 1, { ip: sealed }), keyId }, lit('bare', 1)]);
    const [read, bare] = await log.readAfter(appended!.pos - 1, 2);
    expect(appended).toMatchObject({ keyId });
    expect(read).toStrictEqual(appended);
    expect(json.map((text) => JSON.parse(text) as unknown)).toStrictEqual([read, bare]);
    expect(Object.keys(bare!)).not.toContain('keyId');
  });

  /** Names of tables in which any row, as text, holds it. */
  async function rowsWith(text: string): Promise<string[]> {
    const { rows } = await db.pool.query(
      `select relname from pg_class where relkind in ('r', 'm') and relnamespace = 'public'::regnamespace`,
    );
    const tables = (rows as { relname: string }[]).map(({ relname }) => relname);
    expect(tables).toEqual(expect.arrayContaining(['event', 'data_key', 'snapshot', 'address']));
    const found: string[] = [];
    for (const table of tables) {
      const { rows: dumped } = await db.pool.query(`select t::text as dump from "${table}" t`);
      const dump = (dumped as { dump: string }[]).map((row) => row.dump).join('\n');
      if (spellings(text).some((spelling) => dump.includes(spelling))) found.push(table);
    }
    return found;
  }
});

function spellings(text: string): string[] {
  const bytes = Buffer.from(text);
  return [text, bytes.toString('hex'), bytes.toString('base64').replaceAll('=', ''), bytes.toString('base64url')];
}

function textOf(bytes: Buffer): Sealed {
  return { sealed: bytes.toString('base64url') };
}
