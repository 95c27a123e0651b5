import type { AuthEvent } from '@ganglion/contracts';
import { specFor } from '@ganglion/kernel';
import { account, type Account } from '../account.js';
import { deactivated, device, deviceGone, KERMIT, meta, registered, revoked, token } from '../accounts.fixture.js';
import { decide, type DeactivateAccount } from './deactivate-account.js';

const given = specFor<Account, AuthEvent, DeactivateAccount>({ ...account, decide });
const deactivate = (erase = false): DeactivateAccount => ({
  type: 'DeactivateAccount',
  data: { userId: KERMIT, erase },
  meta,
});
const puppet = token(3, { targetUserId: '@other:test', deviceId: null });

describe('deactivating an account', () => {
  it('ends every session and every token it owns', () =>
    given(registered(), device(), token(1), puppet)
      .when(deactivate())
      .then(revoked(1, 'deactivated'), revoked(3, 'deactivated'), deviceGone(), deactivated()));
  it('records that erasure was asked for', () =>
    given(registered())
      .when(deactivate(true))
      .then(deactivated({ erase: true })));
  it('decides nothing the second time', () => given(registered(), deactivated()).when(deactivate()).thenNothing());
});
