import type { AuthEvent } from '@ganglion/contracts';
import { specFor } from '@ganglion/kernel';
import { account, type Account } from '../../accounts/account.js';
import { device, deviceGone, KERMIT, meta, registered, revoked, token } from '../../accounts/accounts.fixture.js';
import { decide, type LogOutAll } from './log-out-all.js';

const given = specFor<Account, AuthEvent, LogOutAll>({ ...account, decide });
const logOutAll: LogOutAll = { type: 'LogOutAll', data: { userId: KERMIT }, meta };

describe('logging out everywhere', () => {
  it('ends every device and every token the account owns, puppet tokens included', () =>
    given(registered(), device(), token(1), token(2, { targetUserId: '@other:test', deviceId: null }))
      .when(logOutAll)
      .then(revoked(1), revoked(2), deviceGone()));
  it('decides nothing when there is nothing left', () =>
    given(registered(), device(), deviceGone()).when(logOutAll).thenNothing());
  it('nor for a user without an account', () => given().when(logOutAll).thenNothing());
});
