import type { AuthEvent } from '@ganglion/contracts';
import { specFor } from '@ganglion/kernel';
import { account, type Account } from '../../accounts/account.js';
import {
  device,
  deviceGone,
  KERMIT,
  meta,
  passwordSet,
  PHONE,
  registered,
  revoked,
  token,
  validated,
} from '../../accounts/accounts.fixture.js';
import { decide, type ChangePassword } from './change-password.js';

const given = specFor<Account, AuthEvent, ChangePassword>({ ...account, decide });
const change = (changes: Partial<ChangePassword['data']> = {}): ChangePassword => ({
  type: 'ChangePassword',
  data: {
    userId: KERMIT,
    credentialId: 'credential-2',
    logoutDevices: true,
    keep: { tokenId: 'token-1', deviceId: PHONE },
    confirmedTokenId: 'token-1',
    ...changes,
  },
  meta,
});
const puppet = token(3, { targetUserId: '@other:test', deviceId: null });
const history = [registered(), device(), token(1), device('TABLET'), token(2, { deviceId: 'TABLET' }), puppet];

describe('changing a password', () => {
  it('ends every session but the own, and tokens that act as others', () =>
    given(...history)
      .when(change())
      .then(
        validated(1),
        revoked(2, 'password_changed'),
        revoked(3, 'password_changed'),
        deviceGone('TABLET'),
        passwordSet(),
      ));
  it('ends nothing when it shall not', () =>
    given(...history)
      .when(change({ logoutDevices: false }))
      .then(validated(1), passwordSet({ logoutDevices: false })));
  it('spares no session for a token of another account', () =>
    given(registered(), device(), token(1))
      .when(change({ keep: { tokenId: 'token-of-an-admin', deviceId: null }, confirmedTokenId: 'token-of-an-admin' }))
      .then(revoked(1, 'password_changed'), deviceGone(), passwordSet()));
});
