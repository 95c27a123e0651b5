import type { StoredEvent } from '@ganglion/contracts';
import type { Event } from '@ganglion/kernel';
import {
  deactivated,
  device,
  passwordSet,
  registered,
  renamed,
  revoked,
  token,
  validated,
} from './accounts/accounts.fixture.js';
import { publicEvent } from './public-event.js';

const stored = ({ type, data }: Event, actor = '@kermit:test'): StoredEvent => ({
  logId: 'log',
  pos: 7,
  vshard: 1,
  stream: 'account-1',
  ver: 2,
  v: 1,
  id: 'id-1',
  atMs: 9,
  type,
  data,
  meta: {
    actor,
    correlationId: 'r',
  },
});

describe('what others read of auth', () => {
  it('is who registered, without the name of the credential', () =>
    expect(publicEvent(stored(registered()))).toEqual({
      id: '@kermit:test',
      body: {
        id: 'id-1',
        type: 'account.registered',
        v: 1,
        at: 9,
        pos: 7,
        log_id: 'log',
        subject: { kind: 'user', id: '@kermit:test' },
        seq: 2,
        actor: { kind: 'user', id: '@kermit:test' },
        data: {
          kind: 'user',
          appservice_id: null,
          user_type: null,
          admin: false,
          created_ts: 1_700_000_000,
          display_name: 'kermit',
          has_password: true,
          by_admin: false,
          auth_provider_id: null,
        },
      },
    }));
  it('is devices, and who made them', () =>
    expect(publicEvent(stored(device(), 'appservice:irc'))?.body).toMatchObject({
      actor: { kind: 'appservice', id: 'irc' },
      data: { device_id: 'FROGFONE', display_name: 'Phone' },
    }));
  it('is a new password, without the name of the credential; a new name; an end, and whether all shall go', () => {
    const dataOf = (event: Event) => publicEvent(stored(event))?.body.data;
    expect(dataOf(passwordSet())).toEqual({ by: 'self', logout_devices: true });
    expect(dataOf(renamed('Slate'))).toEqual({ device_id: 'FROGFONE', display_name: 'Slate' });
    expect(dataOf(deactivated({ erase: true }))).toEqual({ erase: true, by_admin: false });
  });
  it.each([token(1), revoked(1), validated(1), { type: 'user_id.claimed', data: { userId: '@kermit:test' } }])(
    'is not $type',
    (event) => expect(publicEvent(stored(event))).toBeNull(),
  );
});
