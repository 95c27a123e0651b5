import type { AuthEvent } from '@ganglion/contracts';
import { specFor } from '@ganglion/kernel';
import { account, type Account } from '../../accounts/account.js';
import {
  device,
  deviceGone,
  KERMIT,
  meta,
  PHONE,
  registered,
  revoked,
  token,
} from '../../accounts/accounts.fixture.js';
import { decide, type LogOut } from './log-out.js';

const given = specFor<Account, AuthEvent, LogOut>({ ...account, decide });
const logOut = (changes: Partial<LogOut['data']> = {}): LogOut => ({
  type: 'LogOut',
  data: { userId: KERMIT, tokenId: 'token-1', deviceId: PHONE, ...changes },
  meta,
});
const puppet = token(3, { targetUserId: '@other:test', deviceId: null });

describe('logging out', () => {
  it('ends the device with all its tokens and nothing else', () =>
    given(registered(), device(), token(1), token(2), device('TABLET'), token(4, { deviceId: 'TABLET' }), puppet)
      .when(logOut())
      .then(revoked(1), revoked(2), deviceGone()));
  it('ends just the token where there is no device', () =>
    given(registered(), device(), token(1), puppet)
      .when(logOut({ tokenId: 'token-3', deviceId: null }))
      .then(revoked(3)));
  it('decides nothing the second time', () =>
    given(registered(), device(), token(1), revoked(1), deviceGone()).when(logOut()).thenNothing());
  it('ends a masqueraded device without tokens', () =>
    given(registered(), device())
      .when(logOut({ tokenId: null }))
      .then(deviceGone()));
  it('refuses an application service without a device', () =>
    given(registered())
      .when(logOut({ tokenId: null, deviceId: null }))
      .thenRefused('UNKNOWN_TOKEN'));
});
