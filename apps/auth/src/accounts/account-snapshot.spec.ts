import type { AuthEvent } from '@ganglion/contracts';
import { fold } from '@ganglion/kernel';
import fc from 'fast-check';
import { account, type Account, type AccountEvent } from './account.js';
import { ACCOUNT_REDUCER, parse, serialise } from './account-snapshot.js';
import {
  device,
  deviceGone,
  KERMIT,
  passwordSet,
  registered,
  renamed,
  revoked,
  token,
  validated,
} from './accounts.fixture.js';

const nr = fc.integer({ min: 1, max: 300 });
const event = fc.oneof(
  fc.constant(registered()),
  fc.tuple(nr, fc.option(fc.string(), { nil: null })).map(([n, name]) => device(`DEVICE${n}`, name)),
  nr.map((n) => deviceGone(`DEVICE${n}`)),
  nr.map((n) => token(n)),
  nr.map((n) => revoked(n)),
  fc.tuple(nr, nr).map(([n, atMs]) => validated(n, atMs)),
  fc.tuple(nr, fc.option(fc.string(), { nil: null })).map(([n, name]) => renamed(name, `DEVICE${n}`)),
  nr.map((n) => passwordSet({ credentialId: `credential-${n}` })),
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
    const history: AccountEvent[] = [
      registered(),
      device(),
      token(1),
      device('TABLET', null),
      { ...token(2, { deviceId: 'TABLET', targetUserId: '@piggy:test' }), atMs: 5 },
      revoked(1),
      deviceGone(),
    ];
    const confirmed = [...history, validated(2, 7), renamed('Slate', 'TABLET'), passwordSet()];
    const slate = { tokenHash: 'hash-2', deviceId: 'TABLET', targetUserId: '@piggy:test', validatedAtMs: 5 };
    const active = {
      status: 'active' as const,
      userId: KERMIT,
      kind: 'user',
      credentialId: 'credential-1',
      devices: [['TABLET', { displayName: null }]],
      tokens: [['token-2', slate]],
    };
    const gone: AuthEvent = { type: 'account.deactivated', data: { userId: KERMIT, erase: false, byAdmin: true } };
    expect([
      ACCOUNT_REDUCER,
      serialise(fold(account, [])),
      serialise(fold(account, history)),
      serialise(fold(account, confirmed)),
      serialise(fold(account, [...history, gone])),
    ]).toEqual([
      'account/2',
      { status: 'none', userId: '', kind: 'user', credentialId: null, devices: [], tokens: [] },
      active,
      {
        ...active,
        credentialId: 'credential-2',
        devices: [['TABLET', { displayName: 'Slate' }]],
        tokens: [['token-2', { ...slate, validatedAtMs: 7 }]],
      },
      { ...active, status: 'deactivated', credentialId: null },
    ]);
  });
});
