import type { StoredEvent, UserShadowBanned } from '@ganglion/contracts';
import { publicEvent } from './public-event.js';

const stored: StoredEvent<UserShadowBanned> = {
  logId: 'log',
  pos: 7,
  vshard: 1,
  stream: 'user-x',
  ver: 2,
  type: 'user.shadow_banned',
  v: 1,
  id: 'e1',
  atMs: 5,
  meta: { actor: '@root:test', correlationId: 'r' },
  data: {
    subject: { kind: 'user', id: '@mallory:test' },
    causeKey: 'admin:@root:test',
    scope: 'server',
    origin: 'admin',
    frozenProfile: { displayname: 'Real Name', avatarUrl: null },
  },
};

describe('the public form of a moderation event', () => {
  it('says what happened to whom, by whom and where it stands in the log', () => {
    expect(publicEvent(stored as StoredEvent)?.body).toEqual({
      id: 'e1',
      type: 'user.shadow_banned',
      v: 1,
      at: 5,
      pos: 7,
      log_id: 'log',
      subject: { kind: 'user', id: '@mallory:test' },
      seq: 2,
      actor: { kind: 'admin', id: '@root:test' },
      cause_key: 'admin:@root:test',
      data: { scope: 'server', origin: 'admin' },
    });
  });

  it('leaves out what only staff may see', () => {
    expect(JSON.stringify(publicEvent(stored as StoredEvent))).not.toContain('Real Name');
  });
});
