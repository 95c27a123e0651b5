import type { UserSuspended } from '@ganglion/contracts';
import { specFor, type UserId } from '@ganglion/kernel';
import { evolve, initial, type ModeratedUser, type ModeratedUserEvent } from '../moderated-user.js';
import { decide, type SuspendUser } from './suspend-user.js';

const MALLORY = '@mallory:test' as UserId;
const ordinary = { admin: false, deactivated: false };
const given = specFor<ModeratedUser, ModeratedUserEvent, SuspendUser>({ initial, evolve, decide });

const suspend = (data: Partial<SuspendUser['data']> = {}, actor = '@root:test'): SuspendUser => ({
  type: 'SuspendUser',
  data: { userId: MALLORY, account: ordinary, sparesAdmins: true, causeKey: 'admin:@root:test', ...data },
  meta: { nowMs: 1, actor, correlationId: 'r' },
});
const suspended = (causeKey = 'admin:@root:test'): UserSuspended => ({
  type: 'user.suspended',
  data: { subject: { kind: 'user', id: MALLORY }, causeKey },
});

describe('suspending a user', () => {
  it('suspends', () => given().when(suspend()).then(suspended()));
  it('decides nothing for a cause that is live', () => given(suspended()).when(suspend()).thenNothing());
  it('adds a second cause', () =>
    given(suspended())
      .when(suspend({ causeKey: 'rule:x' }))
      .then(suspended('rule:x')));
  it('goes with a lock', () =>
    given({ type: 'user.locked', data: { subject: { kind: 'user', id: MALLORY }, causeKey: 'admin:@root:test' } })
      .when(suspend())
      .then(suspended()));
  it('refuses an account that does not exist, or not any more', () => {
    given()
      .when(suspend({ account: null }))
      .thenRefused('USER_NOT_FOUND');
    given()
      .when(suspend({ account: { ...ordinary, deactivated: true } }))
      .thenRefused('USER_NOT_FOUND');
  });
  it('spares oneself and other admins where it shall', () => {
    const admin = { ...ordinary, admin: true };
    given()
      .when(suspend({ account: admin }, MALLORY))
      .thenRefused('SELF_RESTRICTION');
    given()
      .when(suspend({ account: admin }))
      .thenRefused('ADMIN_RESTRICTION');
    given()
      .when(suspend({ account: admin, sparesAdmins: false }))
      .then(suspended());
  });
});
