import type { AuthEvent } from '@ganglion/contracts';
import { fold } from '@ganglion/kernel';
import fc from 'fast-check';
import { account, type Account } from './account.js';
import { ACCOUNT_REDUCER, parse, serialise } from './account-snapshot.js';
import { device, deviceGone, KERMIT, registered, revoked, token } from './accounts.fixture.js';

const nr = fc.integer({ min: 1, max: 300 });
const event = fc.oneof(
  fc.constant(registered()),
  fc.tuple(nr, fc.option(fc.string(), { nil: null })).map(([n, name]) => device(`DEVICE${n}`, name)),
  nr.map((n) => deviceGone(`DEVICE${n}`)),
  nr.map((n) => token(n)),
  nr.map((n) => revoked(n)),
);
const shown = (one: Account) => ({ ...one, devices: new Map(one.devices), tokens: new Map(one.tokens) });

describe('a snapshot of an account', () => {
  it('holds all of it', () =>
    fc.assert(
      fc.property(fc.array(event), fc.array(event), (before, after) => {
        const copy = parse(JSON.parse(JSON.stringify(serialise(fold(account, before)))));
        const whole = fold(account, [...before, ...after]);
        expect(shown(after.reduce(account.evolve, copy))).toEqual(shown(whole));
      }),
    ));

  it('keeps its form, and what the events mean, for as long as the reducer keeps its name', () => {
    const history: AuthEvent[] = [
      registered(),
      device(),
      token(1),
      device('TABLET', null),
      token(2, { deviceId: 'TABLET', targetUserId: '@piggy:test' }),
      revoked(1),
      deviceGone(),
    ];
    const active = {
      status: 'active',
      userId: KERMIT,
      kind: 'user',
      credentialId: 'credential-1',
      devices: [['TABLET', { displayName: null }]],
      tokens: [['token-2', { tokenHash: 'hash-2', deviceId: 'TABLET', targetUserId: '@piggy:test' }]],
    };
    const gone: AuthEvent = { type: 'account.deactivated', data: { userId: KERMIT, erase: false, byAdmin: true } };
    expect([
      ACCOUNT_REDUCER,
      serialise(fold(account, [])),
      serialise(fold(account, history)),
      serialise(fold(account, [...history, gone])),
    ]).toEqual([
      'account/1',
      { status: 'none', userId: '', kind: 'user', credentialId: null, devices: [], tokens: [] },
      active,
      { ...active, status: 'deactivated', credentialId: null },
    ]);
  });
});
