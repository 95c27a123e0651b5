import type { TokenLookupReply } from '@ganglion/contracts';
import type { RpcClient } from '@ganglion/messaging';
import { hashToken, TokenTable } from '@ganglion/requester';
import { AccountsReplica } from '@ganglion/service';
import { AuthUnderTest, refusal } from '../auth.fixture.js';

describe('what resolves requesters', () => {
  let auth: AuthUnderTest;
  beforeAll(async () => {
    auth = await AuthUnderTest.start();
  });
  afterAll(() => auth?.stop());

  const look = (token: unknown) =>
    auth.deployment.rpc.query<TokenLookupReply>('auth', 'token', { tokenHash: hashToken(token as string) });

  it('finds a token the moment it was given out, with the account it acts as', async () => {
    const { body } = await auth.register({ username: 'kermit', password: 'monkey', device_id: 'FROGFONE' });
    const { token, users, pos } = await look(body['access_token']);
    expect(token).toMatchObject({
      tokenHash: hashToken(body['access_token'] as string),
      ownerUserId: '@kermit:test',
      targetUserId: '@kermit:test',
      deviceId: 'FROGFONE',
      validUntilMs: null,
    });
    expect(users).toEqual([
      {
        userId: '@kermit:test',
        isGuest: false,
        isAdmin: false,
        deactivated: false,
        appserviceId: null,
        userType: null,
        createdTs: expect.any(Number),
      },
    ]);
    expect(pos).toBeGreaterThan(0);
  });

  it('knows nothing of a token that was never given out', async () => {
    expect(await look('gat_invented')).toMatchObject({ token: null, users: [] });
  });

  it('starts a replica with everything, as of one position', async () => {
    const { body } = await auth.register({ username: 'piggy', password: 'monkey', device_id: 'MIRROR' });
    await look(body['access_token']);
    const snapshot = await auth.snapshot();
    expect(snapshot.users.map(({ userId }) => userId)).toContain('@piggy:test');
    expect(snapshot.devices).toContainEqual(['@piggy:test', 'MIRROR']);
    expect(snapshot.tokens.map(({ tokenHash }) => tokenHash)).toContain(hashToken(body['access_token'] as string));
    expect(snapshot.pos).toBeGreaterThan(0);
    const slim = await auth.deployment.rpc.query<typeof snapshot>('auth', 'snapshot', {});
    expect(slim.tokens).toEqual([]);
    expect(slim.users).toEqual(snapshot.users);
  });

  it('fills a replica page by page', async () => {
    const { body } = await auth.register({ username: 'gonzo', password: 'monkey', device_id: 'CANNON' });
    const { logId, pos } = await auth.snapshot();
    const tokens = new TokenTable();
    const { rpc } = auth.deployment;
    const asked: (string | null)[] = [];
    const inSmallPages: Pick<RpcClient, 'query'> = {
      query: (service, name, request) => {
        const { after } = request as { after: string | null };
        asked.push(after);
        return rpc.query(service, name, { ...(request as object), limit: 1 });
      },
    };
    const replica = new AccountsReplica('test.accounts', inSmallPages, tokens);
    expect(await replica.reset(logId)).toBe(pos);
    expect(asked.length).toBeGreaterThan(2);
    expect(replica.get('@gonzo:test')).toMatchObject({ deactivated: false });
    expect(replica.hasDevice('@gonzo:test', 'CANNON')).toBe(true);
    expect(tokens.get(hashToken(body['access_token'] as string))).toMatchObject({ ownerUserId: '@gonzo:test' });
  });

  it('gives nobody a session while it cannot be told who is restricted', async () => {
    const other = await AuthUnderTest.start({ moderationAway: true });
    await other.register({ username: 'kermit', password: 'monkey', inhibit_login: true });
    expect(await other.login('kermit', 'monkey')).toMatchObject(refusal(503, 'M_UNKNOWN', { retry_after_ms: 1_000 }));
    await other.stop();
  });
});
