import type { AuthEvent } from '@ganglion/contracts';
import { specFor } from '@ganglion/kernel';
import { account, type Account } from '../account.js';
import { device, meta, newAccount, registered, session, token } from '../accounts.fixture.js';
import { decide, type RegisterAccount } from './register-account.js';

const given = specFor<Account, AuthEvent, RegisterAccount>({ ...account, decide });
const register = (changes: Partial<RegisterAccount['data']> = {}): RegisterAccount => ({
  type: 'RegisterAccount',
  data: { ...newAccount(), session: session(), ...changes },
  meta,
});

describe('registering an account', () => {
  it('makes the account and its first session', () => given().when(register()).then(registered(), device(), token(1)));
  it('makes no session where none is wanted', () =>
    given()
      .when(register({ session: null }))
      .then(registered()));
  it('says that there is no password, and never what it is', () =>
    given()
      .when(register({ credentialId: null, session: null }))
      .then(registered({ credentialId: null, hasPassword: false })));
  it('refuses an id that exists', () => given(registered()).when(register()).thenRefused('USER_IN_USE'));
  it('refuses an id that existed: ids are never given twice', () =>
    given(registered(), { type: 'account.deactivated', data: { userId: '@kermit:test', erase: true, byAdmin: true } })
      .when(register())
      .thenRefused('USER_IN_USE'));
});
