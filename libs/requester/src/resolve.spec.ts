import { hashToken, mintToken } from './token-format.js';
import { KEY, UNKNOWN, World, asToken, bearer, defaults, q, user } from './resolve-world.fixture.js';

describe('the seed: who asks', () => {
  it('AUTH-001 a stored token is its user, on its device', () => {
    expect(new World().withToken('t', '@foo:test').ask(q({ access_token: 't' }))).toMatchObject({
      kind: 'resolved',
      requester: {
        userId: '@foo:test',
        authenticatedEntity: '@foo:test',
        deviceId: 'device',
        accessTokenId: 'id of t',
      },
    });
  });

  it('AUTH-002 a token that nobody stored is unknown', () => {
    expect(new World().verdict(q({ access_token: 't' }))).toBe(UNKNOWN);
  });

  it('AUTH-003 no token at all is a missing one', () => {
    expect(new World().withToken('t', '@foo:test').verdict({})).toBe('M_MISSING_TOKEN');
    expect(new World().verdict(q({ access_token: '' }))).toBe('M_MISSING_TOKEN');
  });

  it('AUTH-004 an appservice token is its sender', () => {
    const { kind, ...rest } = new World().withAppservice().ask(asToken());
    expect(kind).toBe('resolved');
    expect(rest).toMatchObject({
      requester: { userId: '@foo:test', appServiceId: 'bridge', accessTokenId: null, deviceId: null },
    });
  });

  it('AUTH-005 AUTH-006 its address range decides, abbreviated ranges included', () => {
    const world = new World().withAppservice({ ipRangeWhitelist: ['192.168/16'] });
    expect(world.verdict({ ...asToken(), clientIp: '192.168.10.10' })).toBe('@foo:test');
    expect(world.verdict({ ...asToken(), clientIp: '131.111.8.42' })).toBe(UNKNOWN);
    expect(world.verdict({ ...asToken(), clientIp: null })).toBe(UNKNOWN);
  });

  it('AUTH-007 AUTH-008 another token is unknown, none is missing', () => {
    const world = new World().withAppservice();
    expect(world.verdict(q({ access_token: 'other' }))).toBe(UNKNOWN);
    expect(world.verdict({})).toBe('M_MISSING_TOKEN');
  });

  it('AUTH-009 AUTH-010 it acts as registered users of its namespace only', () => {
    const world = new World().withAppservice();
    world.accounts.set('@doppelganger:test', user).set('@other:test', user);
    expect(world.verdict(asToken({ user_id: '@doppelganger:test' }))).toBe('@doppelganger:test');
    expect(world.verdict(asToken({ user_id: '@other:test' }))).toBe('M_FORBIDDEN');
  });

  it('AUTH-011 AUTH-012 AUTH-022 it acts with a device the user has', () => {
    const world = new World().withAppservice();
    world.accounts.set('@doppelganger:test', user);
    world.devices.add('@doppelganger:test DOPPELDEVICE');
    const as = (name: string, device: string) => asToken({ user_id: '@doppelganger:test', [name]: device });
    expect(world.ask(as('org.matrix.msc3202.device_id', 'DOPPELDEVICE'))).toMatchObject({
      requester: { userId: '@doppelganger:test', deviceId: 'DOPPELDEVICE' },
    });
    expect(world.verdict(as('org.matrix.msc3202.device_id', 'NOT_A_REAL_DEVICE_ID'))).toBe('M_EXCLUSIVE');
    expect(world.verdict(as('device_id', 'NOT_A_REAL_DEVICE_ID'))).toBe('M_UNKNOWN_DEVICE');
  });

  it('AUTH-013 AUTH-014 a puppet token is seen as its owner, and as the puppet when that is tracked', () => {
    const world = new World().withToken('p', '@admin:test', { target: '@baldrick:test', device: null });
    const seenAs = () => {
      const outcome = world.ask(bearer('Bearer p'));
      return outcome.kind === 'resolved' ? outcome.sightings.map(({ userId }) => userId) : outcome.kind;
    };
    expect(seenAs()).toEqual(['@admin:test']);
    world.options = { ...defaults, trackPuppetedUserIps: true };
    expect(seenAs()).toEqual(['@admin:test', '@baldrick:test']);
  });

  it('AUTH-015 a stored token may look like anything, a macaroon too', () => {
    const macaroon = 'MDAxY2xvY2F0aW9uIHRlc3QKMDAxM2lkZW50aWZpZXIga2V5Cg';
    expect(new World().withToken(macaroon, '@baldrick:test').ask(bearer(`Bearer ${macaroon}`))).toMatchObject({
      requester: { userId: '@baldrick:test', deviceId: 'device' },
    });
  });
});

describe('where the token stands', () => {
  const world = new World().withToken('t', '@foo:test');

  it('AUTH-017 in the header, whatever the case of its scheme', () => {
    expect(world.verdict(bearer('Bearer t'))).toBe('@foo:test');
    expect(world.verdict(bearer('bEARER t'))).toBe('@foo:test');
  });

  it('AUTH-018 AUTH-019 but in one place only', () => {
    expect(world.verdict({ ...bearer('Bearer t'), ...q({ access_token: 't' }) })).toBe('M_MISSING_TOKEN');
    expect(world.verdict(bearer('Bearer t', 'Bearer t'))).toBe('M_MISSING_TOKEN');
  });

  it.each(['Basic abc', 'Bearer', 'Bearer ', 'Bearer a b', 'Bearer  t', 'Bearer\tt', ' Bearer t', ''])(
    'AUTH-020 %j is not a token',
    (header) => expect(world.verdict(bearer(header))).toBe('M_MISSING_TOKEN'),
  );

  it('AUTH-021 the query may be switched off', () => {
    const strict = new World().withToken('t', '@foo:test');
    strict.options = { ...defaults, allowQueryAccessToken: false };
    expect(strict.verdict(q({ access_token: 't' }))).toBe('M_MISSING_TOKEN');
    expect(strict.verdict(bearer('Bearer t'))).toBe('@foo:test');
  });

  it('takes the first of several query values, and knows no token beyond ASCII', () => {
    expect(world.verdict(q({ access_token: ['t', 'u'] }))).toBe('@foo:test');
    expect(world.verdict(bearer('Bearer tökèn'))).toBe(UNKNOWN);
  });
});

describe('tokens that the replica lacks', () => {
  const ours = mintToken('gat', 'A'.repeat(22), KEY);

  it('are asked about once when their checksum is right', () => {
    const world = new World();
    expect(world.ask(bearer(`Bearer ${ours}`))).toEqual({ kind: 'ask', tokenHash: hashToken(ours) });
    world.unknown.add(hashToken(ours));
    expect(world.verdict(bearer(`Bearer ${ours}`))).toBe(UNKNOWN);
  });

  it('are unknown on the spot when it is wrong, made with another key, or on a token of another kind', () => {
    const swapped = ours.slice(0, -1) + (ours.endsWith('0') ? '1' : '0');
    const refresh = mintToken('grt', 'A'.repeat(22), KEY);
    for (const token of [swapped, mintToken('gat', 'A'.repeat(22), 'another key'), refresh, 'syt_abc']) {
      expect(new World().verdict(bearer(`Bearer ${token}`))).toBe(UNKNOWN);
    }
  });
});
