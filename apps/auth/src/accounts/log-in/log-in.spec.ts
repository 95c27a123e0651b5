import type { AuthEvent } from '@ganglion/contracts';
import { specFor, type DeviceId } from '@ganglion/kernel';
import { account, type Account } from '../account.js';
import { device, KERMIT, meta, registered, revoked, session, token } from '../accounts.fixture.js';
import { decide, type LogIn, type LoginProof } from './log-in.js';

const given = specFor<Account, AuthEvent, LogIn>({ ...account, decide });
const password: LoginProof = { kind: 'password', credentialId: 'credential-1' };
const bridge = (sender = false): LoginProof => ({ kind: 'appservice', asId: 'irc', sender });
const logIn = (proof: LoginProof, changes: Partial<LogIn['data']> = {}): LogIn => ({
  type: 'LogIn',
  data: {
    userId: KERMIT,
    proof,
    session: session({ tokenId: 'token-2', tokenHash: 'hash-2' }),
    displayName: 'kermit',
    ...changes,
  },
  meta,
});
const gone: AuthEvent = { type: 'account.deactivated', data: { userId: KERMIT, erase: false, byAdmin: false } };

describe('logging in', () => {
  it('makes a device that is new', () => given(registered()).when(logIn(password)).then(device(), token(2)));
  it('revokes what an existing device had, and keeps its name', () =>
    given(registered(), device(), token(1)).when(logIn(password)).then(revoked(1, 'replaced'), token(2)));
  it('leaves other devices alone', () => {
    const other = session({ deviceId: 'TABLET' as DeviceId, tokenId: 'token-2', tokenHash: 'hash-2' });
    given(registered(), device(), token(1))
      .when(logIn(password, { session: other }))
      .then(device('TABLET'), token(2, { deviceId: 'TABLET' }));
  });
  it('refuses when the password was changed after it had been verified', () =>
    given(registered({ credentialId: 'credential-2' }))
      .when(logIn(password))
      .thenRefused('BAD_CREDENTIALS'));
  it('tells a password login nothing of a deactivation', () =>
    given(registered(), gone).when(logIn(password)).thenRefused('BAD_CREDENTIALS'));

  it('lets an application service in as a user of its own', () =>
    given(registered({ kind: 'appservice', credentialId: null }))
      .when(logIn(bridge()))
      .then(device(), token(2)));
  it('but not as one that nobody has registered', () => given().when(logIn(bridge())).thenRefused('NOT_REGISTERED'));
  it('nor as one that is deactivated', () =>
    given(registered(), gone)
      .when(logIn(bridge(true)))
      .thenRefused('USER_DEACTIVATED'));
  it('gives a sender without an account one', () =>
    given()
      .when(logIn(bridge(true)))
      .then(
        registered({ kind: 'appservice', appserviceId: 'irc', credentialId: null, hasPassword: false }),
        device(),
        token(2),
      ));
  it('takes the sender’s account where there is one', () =>
    given(registered())
      .when(logIn(bridge(true)))
      .then(device(), token(2)));
});
