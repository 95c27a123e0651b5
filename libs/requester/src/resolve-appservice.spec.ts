import { World, asToken, bearer, defaults, q, user } from './resolve-world.fixture.js';

describe('appservices', () => {
  const world = new World().withAppservice();
  world.accounts.set('@doppelganger:test', user).set('@doppelold:test', { ...user, deactivated: true });
  world.devices.add('@doppelganger:test A');

  it('AUTH-023 the stable device parameter wins', () => {
    const both = asToken({ user_id: '@doppelganger:test', device_id: 'A', 'org.matrix.msc3202.device_id': 'B' });
    expect(world.ask(both)).toMatchObject({ requester: { deviceId: 'A' } });
  });

  it('AUTH-024 AUTH-027 a device that is not visible is unknown, with or without user_id', () => {
    expect(world.verdict(asToken({ user_id: '@doppelganger:test', device_id: 'HIDDEN' }))).toBe('M_UNKNOWN_DEVICE');
    expect(world.verdict(asToken({ device_id: 'X' }))).toBe('M_UNKNOWN_DEVICE');
  });

  it('the unstable parameter means nothing when it is switched off', () => {
    const off = new World().withAppservice();
    off.options = { ...defaults, msc3202DeviceMasquerading: false };
    expect(off.ask(asToken({ 'org.matrix.msc3202.device_id': 'X' }))).toMatchObject({ requester: { deviceId: null } });
  });

  it('AUTH-025 AUTH-026 the user must exist, the sender need not', () => {
    expect(world.verdict(asToken({ user_id: '@doppelnobody:test' }))).toBe('M_FORBIDDEN');
    expect(world.verdict(asToken({ user_id: '@foo:test' }))).toBe('@foo:test');
    expect(world.verdict(asToken({ user_id: '' }))).toBe('M_FORBIDDEN');
    expect(world.verdict(asToken({ user_id: '@doppelganger:elsewhere' }))).toBe('M_FORBIDDEN');
  });

  it('AUTH-028 a namespace describes the beginning of the id', () => {
    const kermit = new World().withAppservice({
      namespaces: { users: [{ exclusive: false, regex: '@as_*' }], aliases: [], rooms: [] },
    });
    kermit.accounts.set('@as_kermit4:test', user).set('@x@as_:test', user);
    expect(kermit.verdict(asToken({ user_id: '@as_kermit4:test' }))).toBe('@as_kermit4:test');
    expect(kermit.verdict(asToken({ user_id: '@x@as_:test' }))).toBe('M_FORBIDDEN');
  });

  it('AUTH-029 masquerade parameters of others are ignored', () => {
    const ordinary = new World().withToken('t', '@foo:test');
    const facts = { ...bearer('Bearer t'), ...q({ user_id: '@admin:test', device_id: 'Z' }) };
    expect(ordinary.ask(facts)).toMatchObject({ requester: { userId: '@foo:test', deviceId: 'device' } });
  });

  it('AUTH-030 nobody acts as a locked or deactivated user', () => {
    const locked = new World().withAppservice();
    locked.accounts.set('@doppelganger:test', user);
    locked.locked.add('@doppelganger:test');
    expect(locked.verdict(asToken({ user_id: '@doppelganger:test' }))).toBe('M_USER_LOCKED true');
    expect(world.verdict(asToken({ user_id: '@doppelold:test' }))).toBe('M_USER_DEACTIVATED');
  });

  it('AUTH-031 a mapped address is compared as IPv4', () => {
    const ranged = new World().withAppservice({ ipRangeWhitelist: ['10.0.0.0/8'] });
    expect(ranged.verdict({ ...asToken(), clientIp: '::ffff:10.1.2.3' })).toBe('@foo:test');
  });

  it('a registration that does not compile controls nobody and comes from nowhere', () => {
    const namespaces = { users: [{ exclusive: true, regex: '@(?=x)' }], aliases: [], rooms: [] };
    const broken = new World().withAppservice({ namespaces });
    broken.accounts.set('@x:test', user);
    expect(broken.verdict(asToken({ user_id: '@x:test' }))).toBe('M_FORBIDDEN');
    expect(broken.verdict(asToken())).toBe('@foo:test');
    expect(new World().withAppservice({ ipRangeWhitelist: ['nonsense'] }).verdict(asToken())).toBe(
      'M_UNKNOWN_TOKEN false',
    );
  });

  it('carries the flags of the user it acts as', () => {
    const flagged = new World().withAppservice();
    flagged.accounts.set('@doppelganger:test', { ...user, isAdmin: true });
    flagged.shadowBanned.add('@doppelganger:test');
    flagged.suspended.add('@doppelganger:test');
    expect(flagged.ask(asToken({ user_id: '@doppelganger:test' }))).toMatchObject({
      requester: {
        isAdmin: true,
        shadowBanned: true,
        suspended: true,
        isGuest: false,
        seen: { auth: 7, moderation: 3 },
      },
    });
  });
});
