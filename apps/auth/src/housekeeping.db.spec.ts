import { FixedClock, LETTERS, makeIds } from '@ganglion/kernel';
import { createLogger } from '@ganglion/observability';
import { AccountDirectory } from './accounts/account-directory/account-directory.projection.js';
import { Accounts } from './accounts/accounts.repository.js';
import { KERMIT, meta, newAccount } from './accounts/accounts.fixture.js';
import { decide, type RegisterAccount } from './accounts/register-account/register-account.js';
import { Leadership } from '@ganglion/service';
import { openAuthDatabase, type AuthDatabase } from './auth-database.fixture.js';
import { Housekeeping } from './housekeeping.service.js';
import { Credentials } from './passwords/credentials.store.js';
import { UnnamedCredentials } from './passwords/unnamed-credentials.service.js';
import { Nonces } from './shared-secret/nonces.store.js';
import { UiaSessions } from './uia/uia-sessions.store.js';
import { UIA_SESSION_MS } from './uia/uia.js';

const HOUR_MS = 3_600_000;

describe('housekeeping', () => {
  const clock = new FixedClock();
  const ids = makeIds(() => clock.nowMs());
  let db: AuthDatabase;
  let credentials: Credentials;
  let nonces: Nonces;
  let sessions: UiaSessions;
  let accounts: Accounts;
  let housekeeping: Housekeeping;

  beforeAll(async () => {
    db = await openAuthDatabase(clock);
    credentials = new Credentials(db.pool, clock, ids);
    nonces = new Nonces(db.pool, clock, ids);
    sessions = new UiaSessions(db.pool, clock);
    const logger = createLogger('auth', 'fatal');
    accounts = new Accounts(db.log, logger);
    const unnamed = new UnnamedCredentials(accounts, credentials, clock);
    housekeeping = new Housekeeping(nonces, sessions, unnamed, logger, new Leadership(logger));
  });
  afterAll(() => db?.close());

  const count = async (table: string) =>
    Number((await db.pool.query<{ count: string }>(`select count(*) from ${table}`)).rows[0]!.count);

  it('removes nonces and sessions that are over, and no others', async () => {
    const session = { operation: 'op', completed: {}, body: {}, passwordHash: null, registering: null };
    const begin = () => sessions.save({ ...session, sessionId: ids.random(24, LETTERS), createdAtMs: clock.nowMs() });
    await nonces.issue();
    await begin();
    clock.advance(UIA_SESSION_MS);
    await nonces.issue();
    await begin();
    await housekeeping.tidy();
    expect([await count('nonce'), await count('uia_session')]).toEqual([1, 1]);
  });

  it('removes hashes that no account names, once they are old; the log decides, not the read model', async () => {
    const [named, orphan] = [await credentials.keep(KERMIT, 'hash'), await credentials.keep('@gone:test', 'hash')];
    const data = { ...newAccount({ credentialId: named }), session: null };
    const register: RegisterAccount = { type: 'RegisterAccount', data, meta };
    await accounts.handle(KERMIT, (account) => decide(account, register), meta);
    await housekeeping.tidy();
    expect([await credentials.hashOf(named), await credentials.hashOf(orphan)]).toEqual(['hash', 'hash']);

    clock.advance(HOUR_MS + 1);
    const fresh = await credentials.keep('@fresh:test', 'hash');
    await housekeeping.tidy();
    expect(await credentials.hashOf(named)).toBe('hash');
    expect(await credentials.hashOf(orphan)).toBeNull();
    expect(await credentials.hashOf(fresh)).toBe('hash');
  });

  it('asks the log about nobody whom the read model knows', async () => {
    const directory = new AccountDirectory(db.pool);
    await directory.reset(db.log.logId);
    await directory.apply(await db.log.readAfter(0, 500));
    expect(await credentials.unnamed(clock.nowMs(), 10)).toEqual([]);
  });
});
