import { Refusal } from '@ganglion/kernel';
import { hashToken } from './token-format.js';
import { NOW, UNKNOWN, World, asToken, bearer, defaults, user } from './resolve-world.fixture.js';

describe('expiry and states', () => {
  const expired = () => new World().withToken('t', '@foo:test', { until: NOW - 1 });

  it('AUTH-041 AUTH-043 an expired token may be revived, one that is gone may not', () => {
    const world = expired();
    expect(world.verdict(bearer('Bearer t'))).toBe('M_UNKNOWN_TOKEN true');
    world.tokens.drop(hashToken('t'));
    expect(world.verdict(bearer('Bearer t'))).toBe(UNKNOWN);
  });

  it('AUTH-044 logout accepts an expired token', () => {
    expect(expired().verdict(bearer('Bearer t'), { allowExpired: true })).toBe('@foo:test');
    expect(new World().withToken('t', '@foo:test', { until: NOW }).verdict(bearer('Bearer t'))).toBe('@foo:test');
  });

  it('AUTH-045 AUTH-047 AUTH-048 a lock refuses everything but logout, and leaves the token alone', () => {
    const world = new World().withToken('t', '@foo:test');
    world.locked.add('@foo:test');
    expect(world.verdict(bearer('Bearer t'))).toBe('M_USER_LOCKED true');
    expect(world.verdict(bearer('Bearer t'), { allowLocked: true })).toBe('@foo:test');
    world.locked.clear();
    expect(world.verdict(bearer('Bearer t'))).toBe('@foo:test');
  });

  it('a puppet token falls with its owner’s lock, its user’s lock, and either’s deactivation', () => {
    const puppet = () => new World().withToken('p', '@admin:test', { target: '@b:test' });
    for (const id of ['@admin:test', '@b:test']) {
      const world = puppet();
      world.locked.add(id);
      expect(world.verdict(bearer('Bearer p'))).toBe('M_USER_LOCKED true');
    }
    const gone = puppet();
    gone.accounts.set('@b:test', { ...user, deactivated: true });
    expect(gone.verdict(bearer('Bearer p'))).toBe('M_USER_DEACTIVATED');
    gone.accounts.set('@admin:test', { ...user, deactivated: true });
    expect(gone.verdict(bearer('Bearer p'))).toBe(UNKNOWN);
  });

  it('the admin flag is that of the effective user', () => {
    const world = new World().withToken('p', '@admin:test', { target: '@b:test' });
    world.accounts.set('@admin:test', { ...user, isAdmin: true });
    expect(world.ask(bearer('Bearer p'))).toMatchObject({ requester: { isAdmin: false } });
  });

  it('AUTH-051 a shadow-ban shows at once, and so does its end', () => {
    const world = new World().withToken('t', '@foo:test');
    world.shadowBanned.add('@foo:test');
    expect(world.ask(bearer('Bearer t'))).toMatchObject({ requester: { shadowBanned: true } });
    world.shadowBanned.clear();
    expect(world.ask(bearer('Bearer t'))).toMatchObject({ requester: { shadowBanned: false } });
  });

  it('AUTH-052 an account whose validity is over may only log out', () => {
    const world = new World().withToken('t', '@foo:test');
    world.accounts.set('@foo:test', { ...user, validUntilMs: NOW });
    expect(world.verdict(bearer('Bearer t'))).toBe('ORG_MATRIX_EXPIRED_ACCOUNT');
    expect(world.verdict(bearer('Bearer t'), { allowExpired: true })).toBe('@foo:test');
  });

  it('AUTH-055 the token of a deactivated account is unknown', () => {
    const world = new World().withToken('t', '@foo:test');
    world.accounts.set('@foo:test', { ...user, deactivated: true });
    expect(world.verdict(bearer('Bearer t'))).toBe(UNKNOWN);
  });
});

describe('what is recorded', () => {
  const world = new World().withToken('t', '@foo:test');

  it('one sighting of an ordinary request, with the hash of the token and never the token', () => {
    const outcome = world.ask(bearer('Bearer t'));
    expect(outcome).toMatchObject({
      sightings: [
        {
          userId: '@foo:test',
          tokenRef: hashToken('t'),
          ip: '127.0.0.1',
          userAgent: 'Element',
          deviceId: 'device',
          tsMs: NOW,
          mauRelevant: true,
        },
      ],
    });
  });

  it.each([{ clientIp: null }, { userAgent: 'sync-v3-proxy-' }])('none of %j', (facts) => {
    expect(world.ask({ ...bearer('Bearer t'), ...facts })).toMatchObject({ kind: 'resolved', sightings: [] });
  });

  it('none of a refused request, but one of a guest at the gate (AUTH-036)', () => {
    const locked = new World().withToken('t', '@foo:test');
    locked.locked.add('@foo:test');
    expect(locked.ask(bearer('Bearer t'))).toMatchObject({ kind: 'refused', sightings: [] });
    const guest = new World().withToken('g', '@1:test', { device: 'guest_device' });
    guest.accounts.set('@1:test', { ...user, isGuest: true });
    const outcome = guest.ask(bearer('Bearer g'));
    expect(outcome).toMatchObject({ kind: 'refused', sightings: [{ userId: '@1:test', deviceId: 'guest_device' }] });
    expect(outcome.kind === 'refused' && outcome.refusal).toBeInstanceOf(Refusal);
    expect(guest.verdict(bearer('Bearer g'))).toBe('M_GUEST_ACCESS_FORBIDDEN');
    expect(guest.verdict(bearer('Bearer g'), { guest: true })).toBe('@1:test');
  });

  it('appservice requests only when they are tracked, with a device that is always named', () => {
    const bridge = new World().withAppservice();
    expect(bridge.ask(asToken())).toMatchObject({ sightings: [] });
    bridge.options = { ...defaults, trackAppserviceUserIps: true };
    expect(bridge.ask(asToken())).toMatchObject({ sightings: [{ userId: '@foo:test', deviceId: 'dummy-device' }] });
  });
});
