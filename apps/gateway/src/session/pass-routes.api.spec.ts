import { hashToken } from '@ganglion/requester';
import { FakeSystem } from '../fake-system.fixture.js';

const C3 = '/_matrix/client/v3';
const UNKNOWN = { status: 401, body: { errcode: 'M_UNKNOWN_TOKEN', error: expect.any(String), soft_logout: false } };

describe('routes where a bad token is the owner’s affair', () => {
  let system: FakeSystem;
  beforeAll(async () => {
    system = await FakeSystem.start();
  });
  afterAll(() => system.stop());
  beforeEach(() => system.handlers.clear());

  /** What the owner was told of the caller. */
  const told = async (name: 'login' | 'register', token?: string, query = '') => {
    const init = { method: 'POST', body: '{}', ...(token ? { token } : {}) };
    expect((await system.fetch(`${C3}/${name}${query}`, init)).status).toBe(200);
    const { requester, tokenProblem } = system.callsOf(`auth cmd:${name}`).at(-1)!;
    return { requester, tokenProblem };
  };

  it.each(['login', 'register'] as const)('%s gets through with any token or none', async (name) => {
    const token = await system.user(`@${name}:test`);
    expect(await told(name)).toEqual({ requester: null });
    expect(await told(name, token)).toEqual({ requester: expect.objectContaining({ userId: `@${name}:test` }) });
    expect(await told(name, 'nonsense')).toEqual({ requester: null, tokenProblem: UNKNOWN });
    expect(await told(name, undefined, '?access_token=nonsense')).toEqual({ requester: null, tokenProblem: UNKNOWN });
    await system.revoke(token, `@${name}:test`);
    expect(await told(name, token)).toEqual({ requester: null, tokenProblem: UNKNOWN });
    expect(JSON.stringify(system.calls)).not.toContain(token);
  });

  it('an appservice is known by its token', async () => {
    await system.appservice({
      asId: 'bridge',
      sender: '@bot:test',
      asTokenHash: hashToken('as_here'),
      namespaces: { users: [], aliases: [], rooms: [] },
      rateLimited: false,
      ipRangeWhitelist: null,
      protocols: [],
      hasUrl: true,
    });
    await system.until(async () => (await told('register', 'as_here')).requester !== null);
    expect(await told('register', 'as_here')).toEqual({
      requester: expect.objectContaining({ appServiceId: 'bridge' }),
    });
  });

  it('a token that cannot be checked is a problem too, and no refusal', async () => {
    system.on('auth qry:token', async () => {
      throw new Error('down');
    });
    const tokenProblem = {
      status: 503,
      body: { errcode: 'M_UNKNOWN', error: expect.any(String), retry_after_ms: 1_000 },
    };
    expect(await told('login', system.mint())).toEqual({ requester: null, tokenProblem });
  });

  it('are no sighting of anybody', async () => {
    const [user, guest] = [await system.user('@quiet:test'), await system.user('@7:test', { guest: true })];
    await told('login', user);
    await told('login', guest);
    const other = await system.user('@loud:test');
    await system.fetch(`${C3}/account/whoami`, { token: other });
    const seen = () => system.callsOf('accounting cmd:sight').map(({ userId }) => userId);
    await system.until(() => seen().includes('@loud:test'));
    expect(seen()).toEqual(['@loud:test']);
  });
});
