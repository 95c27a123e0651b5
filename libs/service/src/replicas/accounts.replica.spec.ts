import type { AuthEvent, AuthSnapshot, AuthSnapshotRequest, StoredEvent, TokenRow } from '@ganglion/contracts';
import fc from 'fast-check';
import { AccountsReplica, flagsOf, type TokenSink } from './accounts.replica.js';

const USERS = ['@a:test', '@b:test', '@c:test'];
const DEVICES = ['ONE', 'TWO'];
const TOKENS = ['1', '2', '3', '4'];

const registered = (userId: string): AuthEvent => ({
  type: 'account.registered',
  data: {
    userId,
    kind: 'user',
    appserviceId: null,
    userType: null,
    admin: false,
    createdTs: 1,
    displayName: '',
    hasPassword: true,
    byAdmin: false,
  },
});
const adminSet = (userId: string, value: boolean): AuthEvent => ({
  type: 'account.admin_set',
  data: { userId, value },
});
const deactivated = (userId: string): AuthEvent => ({
  type: 'account.deactivated',
  data: { userId, erase: false, byAdmin: false },
});
const created = (userId: string, deviceId: string): AuthEvent => ({
  type: 'device.created',
  data: { userId, deviceId, displayName: null },
});
const deleted = (userId: string, deviceId: string): AuthEvent => ({
  type: 'device.deleted',
  data: { userId, deviceId },
});
const issued = (nr: string, ownerUserId = USERS[0]!): AuthEvent => ({
  type: 'token.issued',
  data: row(nr, ownerUserId),
});
const revoked = (nr: string, ownerUserId = USERS[0]!): AuthEvent => ({
  type: 'token.revoked',
  data: { tokenId: nr, tokenHash: `hash ${nr}`, ownerUserId, reason: 'logout' },
});
function row(nr: string, ownerUserId: string): TokenRow {
  const tokenHash = `hash ${nr}`;
  return { tokenId: nr, tokenHash, ownerUserId, targetUserId: ownerUserId, deviceId: null, validUntilMs: null };
}

/** Tokens as a gateway keeps them. */
class Tokens implements TokenSink {
  all = new Map<string, TokenRow>();
  put(token: TokenRow): void {
    this.all.set(token.tokenHash, token);
  }
  drop(tokenHash: string): void {
    this.all.delete(tokenHash);
  }
  refill() {
    const beside = new Map<string, TokenRow>();
    return {
      put: (token: TokenRow) => void beside.set(token.tokenHash, token),
      done: () => void (this.all = beside),
    };
  }
}

/** What auth's tables hold after the first `pos` events. */
function stateAt(log: readonly AuthEvent[], pos: number) {
  const users = new Map<string, ReturnType<typeof flagsOf>>();
  const devices = new Map<string, [string, string]>();
  const tokens = new Map<string, TokenRow>();
  for (const { type, data } of log.slice(0, pos)) {
    const user = 'userId' in data ? users.get(data.userId) : undefined;
    if (type === 'account.registered') users.set(data.userId, flagsOf(data));
    if (type === 'account.admin_set' && user) user.isAdmin = data.value;
    if (type === 'account.deactivated' && user) user.deactivated = true;
    if (type === 'device.created') devices.set(`${data.userId} ${data.deviceId}`, [data.userId, data.deviceId]);
    if (type === 'device.deleted') devices.delete(`${data.userId} ${data.deviceId}`);
    if (type === 'token.issued') tokens.set(data.tokenId, data);
    if (type === 'token.revoked') tokens.delete(data.tokenId);
  }
  return { users: [...users.values()], devices: [...devices.values()], tokens: [...tokens.values()] };
}

/** Auth: each page holds the rows of one kind, and is as of the position given for it. */
function authWith(log: readonly AuthEvent[], pagePositions: readonly number[]) {
  const kinds = ['users', 'devices', 'tokens'] as const;
  const asked: AuthSnapshotRequest[] = [];
  const page = (request: AuthSnapshotRequest): AuthSnapshot => {
    asked.push(request);
    const nr = Number(request.after ?? 0);
    const pos = pagePositions[nr]!;
    const only = { users: [], devices: [], tokens: [], [kinds[nr]!]: stateAt(log, pos)[kinds[nr]!] };
    return { logId: 'log', pos, ...only, next: nr + 1 < kinds.length ? String(nr + 1) : null };
  };
  return { asked, query: async <T>(_service: string, _name: string, body: unknown) => page(body as never) as T };
}

const stored = (log: readonly AuthEvent[], after: number) =>
  log.slice(after).map((event, i) => ({ ...event, logId: 'log', pos: after + i + 1 }) as StoredEvent);

function shown(replica: AccountsReplica, tokens: Tokens) {
  return {
    users: USERS.map((userId) => replica.get(userId)),
    devices: USERS.flatMap((userId) => DEVICES.filter((id) => replica.hasDevice(userId, id)).map((id) => [userId, id])),
    tokens: TOKENS.flatMap((nr) => tokens.all.get(`hash ${nr}`) ?? []),
  };
}

async function caughtUp(log: readonly AuthEvent[], pagePositions: readonly number[]) {
  const tokens = new Tokens();
  const replica = new AccountsReplica('test.accounts', authWith(log, pagePositions), tokens);
  const from = await replica.reset('log');
  await replica.apply(stored(log, from));
  return { from, shown: shown(replica, tokens), applied: replica.applied() };
}

describe('the replica of accounts', () => {
  it('asks for page after page, and goes on from the oldest of them', async () => {
    const auth = authWith([registered('@a:test'), created('@a:test', 'ONE'), issued('1')], [2, 1, 3]);
    const tokens = new Tokens();
    const replica = new AccountsReplica('test.accounts', auth, tokens);
    expect(await replica.reset('log')).toBe(1);
    expect(replica.applied()).toEqual({ logId: 'log', pos: 1 });
    expect(auth.asked).toEqual([
      { tokens: true, after: null, limit: 5_000 },
      { tokens: true, after: '1', limit: 5_000 },
      { tokens: true, after: '2', limit: 5_000 },
    ]);
    expect(shown(replica, tokens)).toMatchObject({ users: [{ userId: '@a:test' }, undefined, undefined], devices: [] });
    expect([...tokens.all.keys()]).toEqual(['hash 1']);
  });

  it('does not ask for tokens when it keeps none, and takes an answer without `next` for all there is', async () => {
    const asked: unknown[] = [];
    const page = { logId: 'log', pos: 7, users: [], tokens: [], devices: [['@a:test', 'ONE']] };
    const query = async <T>(_service: string, _name: string, body: unknown) => (asked.push(body), page as T);
    const replica = new AccountsReplica('test.accounts', { query });
    expect(await replica.reset('log')).toBe(7);
    expect(asked).toEqual([{ tokens: false, after: null, limit: 5_000 }]);
    expect(replica.hasDevice('@a:test', 'ONE')).toBe(true);
  });

  it('does not bring back a token that a newer page lacks, although an older event issued it', async () => {
    const log = [registered('@a:test'), issued('1'), revoked('1'), issued('2')];
    const { from, shown: end } = await caughtUp(log, [1, 1, 4]);
    expect(from).toBe(1);
    expect(end.tokens.map(({ tokenId }) => tokenId)).toEqual(['2']);
  });

  it('does not forget what became of an account that a newer page showed', async () => {
    const log = [registered('@b:test'), registered('@a:test'), adminSet('@a:test', true), deactivated('@a:test')];
    const { from, shown: end } = await caughtUp(log, [4, 1, 1]);
    expect(from).toBe(1);
    expect(end.users[0]).toMatchObject({ isAdmin: true, deactivated: true });
  });

  it('ends where all events lead, whichever moments the pages show', () =>
    fc.assert(
      fc.asyncProperty(histories, fc.tuple(fc.nat(60), fc.nat(60), fc.nat(60)), async (log, cuts) => {
        const positions = cuts.map((cut) => Math.min(cut, log.length));
        const end = await caughtUp(log, positions);
        const all = await caughtUp(log, [0, 0, 0]);
        expect(end.from).toBe(Math.min(...positions));
        expect(end.shown).toEqual(all.shown);
        const { users, devices, tokens } = stateAt(log, log.length);
        expect(end.shown.users.filter(Boolean)).toEqual(expect.arrayContaining(users));
        expect(end.shown.devices).toHaveLength(devices.length);
        expect(end.shown.tokens).toHaveLength(tokens.length);
      }),
    ));

  it('answers with what it had until the last page is there, and keeps it when a page is missing', async () => {
    const first = [registered('@a:test'), created('@a:test', 'ONE'), issued('1')];
    const tokens = new Tokens();
    let { query } = authWith(first, [3, 3, 3]);
    const before = { users: 1, devices: 1, tokens: 1 };
    const counts = () => {
      const { users, devices, tokens: live } = shown(replica, tokens);
      return { users: users.filter(Boolean).length, devices: devices.length, tokens: live.length };
    };
    const replica = new AccountsReplica(
      'test.accounts',
      { query: (service, name, body) => query(service, name, body) },
      tokens,
    );
    await replica.reset('log');
    expect(counts()).toEqual(before);

    const second = authWith([registered('@b:test'), registered('@c:test'), issued('2'), issued('3')], [4, 4, 4]);
    const during: unknown[] = [];
    query = async <T>(service: string, name: string, body: unknown) => {
      during.push(counts());
      if (during.length === 3) throw new Error('auth is away');
      return second.query<T>(service, name, body);
    };
    await expect(replica.reset('log')).rejects.toThrow('auth is away');
    expect([...during, counts()]).toEqual([before, before, before, before]);
    await replica.reset('log');
    expect(counts()).toEqual({ users: 2, devices: 0, tokens: 2 });
  });

  it('refuses a snapshot of another history than the one it follows', async () => {
    const replica = new AccountsReplica('test.accounts', authWith([], [0, 0, 0]));
    await expect(replica.reset('restored')).rejects.toThrow('the snapshot is of the log log');
    expect(replica.applied()).toEqual({ logId: '', pos: 0 });
  });
});

/** Histories that auth could have: nothing is done to what does not exist, and nothing comes into being twice at once. */
const histories = fc
  .array(fc.tuple(fc.nat(6), fc.constantFrom(...USERS), fc.constantFrom(...DEVICES), fc.constantFrom(...TOKENS)), {
    maxLength: 60,
  })
  .map((steps) =>
    steps.reduce<AuthEvent[]>((log, [what, userId, deviceId, nr]) => {
      const { users, devices, tokens } = stateAt(log, log.length);
      const user = users.find((one) => one.userId === userId);
      const token = tokens.find(({ tokenId }) => tokenId === nr);
      const hasDevice = devices.some(([owner, id]) => owner === userId && id === deviceId);
      if (!user) return [...log, registered(userId)];
      if (what === 0) return [...log, adminSet(userId, !user.isAdmin)];
      if (what === 1) return user.deactivated ? log : [...log, deactivated(userId)];
      if (what <= 3) return [...log, hasDevice ? deleted(userId, deviceId) : created(userId, deviceId)];
      return [...log, token ? revoked(nr, token.ownerUserId) : issued(nr, userId)];
    }, []),
  );
