import type { AuthEvent } from '@ganglion/contracts';
import { specFor, type DeviceId } from '@ganglion/kernel';
import { account, type Account } from '../../accounts/account.js';
import { device, KERMIT, meta, PHONE, registered, renamed } from '../../accounts/accounts.fixture.js';
import { decide, type RenameDevice } from './rename-device.js';

const given = specFor<Account, AuthEvent, RenameDevice>({ ...account, decide });
const rename = (changes: Partial<RenameDevice['data']> = {}): RenameDevice => ({
  type: 'RenameDevice',
  data: { userId: KERMIT, deviceId: PHONE, displayName: 'Frogfone', mayMake: false, ...changes },
  meta,
});

describe('renaming a device', () => {
  it('gives it another name', () => given(registered(), device()).when(rename()).then(renamed('Frogfone')));
  it('decides nothing where it has the name', () =>
    given(registered(), device(), renamed('Frogfone')).when(rename()).thenNothing());
  it('decides nothing where no name is given', () =>
    given(registered(), device())
      .when(rename({ displayName: null }))
      .thenNothing());
  it('refuses a device that does not exist', () =>
    given(registered(), device('TABLET')).when(rename()).thenRefused('DEVICE_UNKNOWN'));
  it('makes it for an application service, named or not', () => {
    given(registered())
      .when(rename({ mayMake: true }))
      .then(device(PHONE, 'Frogfone'));
    given(registered())
      .when(rename({ mayMake: true, displayName: null, deviceId: 'NEW' as DeviceId }))
      .then(device('NEW', null));
  });
  it('makes it once', () =>
    given(registered(), device(PHONE, 'Frogfone'))
      .when(rename({ mayMake: true }))
      .thenNothing());
});
