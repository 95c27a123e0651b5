import type { UserLocked } from '@ganglion/contracts';
import { specFor, type UserId } from '@ganglion/kernel';
import { evolve, initial, type ModeratedUser, type ModeratedUserEvent } from '../moderated-user.js';
import { decide, type LockUser } from './lock-user.js';

const MALLORY = '@mallory:test' as UserId;
const given = specFor<ModeratedUser, ModeratedUserEvent, LockUser>({ initial, evolve, decide });

const lock = (data: Partial<LockUser['data']> = {}, actor = '@root:test'): LockUser => ({
  type: 'LockUser',
  data: {
    userId: MALLORY,
    account: { admin: false, deactivated: false },
    sparesAdmins: true,
    causeKey: 'admin:@root:test',
    ...data,
  },
  meta: { nowMs: 1, actor, correlationId: 'r' },
});
const locked = (causeKey = 'admin:@root:test'): UserLocked => ({
  type: 'user.locked',
  data: { subject: { kind: 'user', id: MALLORY }, causeKey },
});

describe('locking a user', () => {
  it('locks', () => given().when(lock()).then(locked()));
  it('decides nothing for a cause that is live', () => given(locked()).when(lock()).thenNothing());
  it('adds a second cause', () =>
    given(locked())
      .when(lock({ causeKey: 'rule:x' }))
      .then(locked('rule:x')));
  it('is another restriction than a suspension', () =>
    given({ type: 'user.suspended', data: { subject: { kind: 'user', id: MALLORY }, causeKey: 'admin:@root:test' } })
      .when(lock())
      .then(locked()));
  it('refuses whom it may not be used on', () => {
    given().when(lock({}, MALLORY)).thenRefused('SELF_RESTRICTION');
    given()
      .when(lock({ account: { admin: true, deactivated: false } }))
      .thenRefused('ADMIN_RESTRICTION');
    given()
      .when(lock({ account: { admin: false, deactivated: true } }))
      .thenRefused('USER_NOT_FOUND');
  });
});
