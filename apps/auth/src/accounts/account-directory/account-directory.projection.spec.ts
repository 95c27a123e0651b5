import type { AuthEvent, AuthSnapshot } from '@ganglion/contracts';
import { FixedClock, vshardOf } from '@ganglion/kernel';
import { openAuthDatabase, type AuthDatabase } from '../../auth-database.fixture.js';
import { device, deviceGone, KERMIT, meta, registered, revoked, token } from '../accounts.fixture.js';
import { AccountDirectory } from './account-directory.projection.js';

const HISTORY: AuthEvent[] = [
  registered(),
  device(),
  token(1),
  device('TABLET', null),
  token(2, { deviceId: 'TABLET', validUntilMs: 1_800_000_000_000 }),
  { type: 'account.admin_set', data: { userId: KERMIT, value: true } },
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
  });

  it('knows nothing before it has read anything', async () => {
    expect(await directory.snapshot(true)).toEqual({ logId: '', pos: 0, users: [], tokens: [], devices: [] });
  });

  it('holds what the log says', async () => {
    await directory.reset(db.log.logId);
    await directory.apply(await db.log.readAfter(0, 4));
    await directory.apply(await db.log.readAfter(4, 500));
    expect(await directory.snapshot(true)).toEqual(expected());
  });

  it('holds the same after it has been made anew', async () => {
    await directory.reset(db.log.logId);
    await directory.apply(await db.log.readAfter(0, 500));
    expect(await directory.snapshot(true)).toEqual(expected());
  });

  it('finds live tokens only', async () => {
    expect(await directory.token('hash-1')).toEqual({ token: null, users: [], pos: HISTORY.length });
    expect(await directory.token('hash-2')).toMatchObject({
      token: { tokenId: 'token-2' },
      users: [{ userId: KERMIT }],
    });
  });
});
