import type { AuthEvent } from '@ganglion/contracts';
import { specFor } from '@ganglion/kernel';
import { account, type Account } from '../../accounts/account.js';
import {
  device,
  deviceGone,
  KERMIT,
  meta,
  registered,
  revoked,
  token,
  validated,
} from '../../accounts/accounts.fixture.js';
import { decide, type DeleteDevices } from './delete-devices.js';

const given = specFor<Account, AuthEvent, DeleteDevices>({ ...account, decide });
const remove = (deviceIds: string[], confirmedTokenId: string | null = null): DeleteDevices => ({
  type: 'DeleteDevices',
  data: { userId: KERMIT, deviceIds, confirmedTokenId },
  meta,
});
const puppet = token(3, { targetUserId: '@other:test', deviceId: null });
const history = [registered(), device(), token(1), device('TABLET'), token(2, { deviceId: 'TABLET' }), puppet];

describe('deleting devices', () => {
  it('ends a device with its tokens and nothing else', () =>
    given(...history)
      .when(remove(['TABLET']))
      .then(revoked(2, 'device_deleted'), deviceGone('TABLET')));
  it('ends several at once, each once', () =>
    given(...history)
      .when(remove(['FROGFONE', 'TABLET', 'FROGFONE']))
      .then(revoked(1, 'device_deleted'), revoked(2, 'device_deleted'), deviceGone('FROGFONE'), deviceGone('TABLET')));
  it('notes that its requester has confirmed it', () =>
    given(...history)
      .when(remove(['TABLET'], 'token-1'))
      .then(validated(1), revoked(2, 'device_deleted'), deviceGone('TABLET')));
  it('notes nothing on a token of another account', () =>
    given(...history)
      .when(remove([], 'token-of-an-admin'))
      .thenNothing());
  it('decides nothing for a device that is unknown, or gone', () =>
    given(...history, deviceGone('TABLET'))
      .when(remove(['TABLET', 'NEVER']))
      .thenNothing());
});
