import type { AuthEvent, AuthSnapshot } from '@ganglion/contracts';
import { FixedClock, vshardOf } from '@ganglion/kernel';
import { openAuthDatabase, type AuthDatabase } from '../../auth-database.fixture.js';
import {
  device,
  deviceGone,
  KERMIT,
  meta,
  passwordSet,
  registered,
  renamed,
  revoked,
  token,
  validated,
} from '../accounts.fixture.js';
import { AccountDirectory } from './account-directory.projection.js';

const HISTORY: AuthEvent[] = [
  registered(),
  device(),
  token(1),
  device('TABLET', null),
  token(2, { deviceId: 'TABLET', validUntilMs: 1_800_000_000_000 }),
  { type: 'account.admin_set', data: { userId: KERMIT, value: true } },
  validated(2),
  renamed('Slate', 'TABLET'),
  passwordSet(),
  revoked(1),
  deviceGone(),
  registered({ userId: '@piggy:test', appserviceId: 'irc', kind: 'guest', userType: 'bot', credentialId: null }),
  { type: 'account.deactivated', data: { userId: '@piggy:test', erase: true, byAdmin: true } },
];

describe('the directory of accounts', () => {
  let db: AuthDatabase;
  let directory: AccountDirectory;

  beforeAll(async () => {
    db = await openAuthDatabase(new FixedClock());
    directory = new AccountDirectory(db.pool);
    const news = HISTORY.map(({ type, data }, i) => ({
      stream: 'account-1',
      ver: i + 1,
      vshard: vshardOf(KERMIT),
      type,
      data,
      meta: { actor: meta.actor, correlationId: meta.correlationId },
    }));
    await db.log.append(news);
  });
  afterAll(() => db?.close());

  const expected = (): AuthSnapshot => ({
    logId: db.log.logId,
    pos: HISTORY.length,
    users: [
      {
        userId: KERMIT,
        isGuest: false,
        isAdmin: true,
        deactivated: false,
        appserviceId: null,
        userType: null,
        createdTs: 1_700_000_000,
      },
      {
        userId: '@piggy:test',
        isGuest: true,
        isAdmin: false,
        deactivated: true,
        appserviceId: 'irc',
        userType: 'bot',
        createdTs: 1_700_000_000,
      },
    ],
    tokens: [
      {
        tokenId: 'token-2',
        tokenHash: 'hash-2',
        ownerUserId: KERMIT,
        targetUserId: KERMIT,
        deviceId: 'TABLET',
        validUntilMs: 1_800_000_000_000,
      },
    ],
    devices: [[KERMIT, 'TABLET']],
    next: null,
  });

  const pagesOf = async (tokens: boolean, limit: number) => {
    const pages: AuthSnapshot[] = [];
    do pages.push(await directory.snapshot({ tokens, limit, after: pages.at(-1)?.next ?? null }));
    while (pages.at(-1)!.next);
    return pages;
  };

  it('knows nothing before it has read anything', async () => {
    const nothing = { users: [], tokens: [], devices: [], next: null };
    expect(await directory.snapshot({ tokens: true })).toEqual({ logId: '', pos: 0, ...nothing });
  });

  it('holds what the log says', async () => {
    await directory.reset(db.log.logId);
    await directory.apply(await db.log.readAfter(0, 4));
    await directory.apply(await db.log.readAfter(4, 500));
    expect(await directory.snapshot({ tokens: true })).toEqual(expected());
  });

  it('holds the same after it has been made anew', async () => {
    await directory.reset(db.log.logId);
    await directory.apply(await db.log.readAfter(0, 500));
    expect(await directory.snapshot({ tokens: true })).toEqual(expected());
  });

  it('gives the same in pages of any size, each row once', async () => {
    for (const tokens of [true, false]) {
      const whole = await directory.snapshot({ tokens });
      for (const limit of [1, 2, 3, 4, 5]) {
        const pages = await pagesOf(tokens, limit);
        const sizes = pages.map((page) => page.users.length + page.tokens.length + page.devices.length);
        expect(sizes.slice(0, -1)).toEqual(Array(sizes.length - 1).fill(limit));
        expect(sizes.at(-1)).toBeLessThanOrEqual(limit);
        expect({
          ...whole,
          users: pages.flatMap(({ users }) => users),
          tokens: pages.flatMap((page) => page.tokens),
          devices: pages.flatMap(({ devices }) => devices),
        }).toEqual(whole);
        expect(pages.map(({ logId, pos }) => [logId, pos])).toEqual(pages.map(() => [db.log.logId, HISTORY.length]));
      }
    }
  });

  it('gives more than a page only page by page, whatever it is asked for', async () => {
    await db.pool.query(
      `insert into device select $1, 'D' || lpad(n::text, 5, '0') from generate_series(1, 5001) as n`,
      [KERMIT],
    );
    const pages = await pagesOf(false, 1_000_000);
    expect(pages.map(({ users, devices }) => users.length + devices.length)).toEqual([5_000, 4]);
    expect(new Set(pages.flatMap(({ devices }) => devices.map(([, id]) => id))).size).toBe(5_002);
    await db.pool.query(`delete from device where device_id like 'D%'`);
  });

  it.each(['nonsense', '["users","a","b"]', '["passwords","a"]', '["users",1]'])(
    'does not go on from %s',
    async (after) => {
      await expect(directory.snapshot({ after })).rejects.toThrow();
    },
  );

  it('keeps names, passwords and what shall be erased', async () => {
    const devices = await db.pool.query('select user_id, device_id, display_name from device');
    expect(devices.rows).toEqual([{ user_id: KERMIT, device_id: 'TABLET', display_name: 'Slate' }]);
    const accounts = await db.pool.query('select user_id, credential_id, erased from account order by user_id');
    expect(accounts.rows).toEqual([
      { user_id: KERMIT, credential_id: 'credential-2', erased: false },
      { user_id: '@piggy:test', credential_id: null, erased: true },
    ]);
  });

  it('finds live tokens only', async () => {
    expect(await directory.token('hash-1')).toEqual({ token: null, users: [], pos: HISTORY.length });
    expect(await directory.token('hash-2')).toMatchObject({
      token: { tokenId: 'token-2' },
      users: [{ userId: KERMIT }],
    });
  });
});
