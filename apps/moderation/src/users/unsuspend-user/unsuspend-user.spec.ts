import type { UserSuspended, UserUnsuspended } from '@ganglion/contracts';
import { specFor, type UserId } from '@ganglion/kernel';
import { evolve, initial, type ModeratedUser, type ModeratedUserEvent } from '../moderated-user.js';
import { decide, type UnsuspendUser } from './unsuspend-user.js';

const MALLORY = '@mallory:test' as UserId;
const subject = { kind: 'user' as const, id: MALLORY };
const given = specFor<ModeratedUser, ModeratedUserEvent, UnsuspendUser>({ initial, evolve, decide });

const unsuspend = (data: Partial<UnsuspendUser['data']> = {}, actor = '@root:test'): UnsuspendUser => ({
  type: 'UnsuspendUser',
  data: { userId: MALLORY, account: { admin: false, deactivated: false }, sparesAdmins: true, causeKey: null, ...data },
  meta: { nowMs: 1, actor, correlationId: 'r' },
});
const suspended = (causeKey: string, id: string): UserSuspended & { id: string } => ({
  type: 'user.suspended',
  id,
  data: { subject, causeKey },
});
const unsuspended = (causeKey: string, reverses: string, causesLeft: number): UserUnsuspended => ({
  type: 'user.unsuspended',
  data: { subject, causeKey, reverses, causesLeft },
});

describe('lifting a suspension', () => {
  it('reverses every cause, and the last one ends it', () =>
    given(suspended('a', 'e1'), suspended('b', 'e2'))
      .when(unsuspend())
      .then(unsuspended('a', 'e1', 1), unsuspended('b', 'e2', 0)));
  it('MOD-156 leaves it to the causes that remain, until an admin lifts it', () => {
    given(suspended('admin:@root:test', 'e1'), suspended('rule:x', 'e2'))
      .when(unsuspend({ causeKey: 'rule:x' }))
      .then(unsuspended('rule:x', 'e2', 1));
    given(suspended('admin:@root:test', 'e1'), suspended('rule:x', 'e2'), unsuspended('rule:x', 'e2', 1))
      .when(unsuspend())
      .then(unsuspended('admin:@root:test', 'e1', 0));
  });
  it('decides nothing when there is none, and nothing a second time', () => {
    given().when(unsuspend()).thenNothing();
    given(suspended('a', 'e1'), unsuspended('a', 'e1', 0))
      .when(unsuspend())
      .thenNothing();
  });
  it('refuses an account that does not exist', () =>
    given()
      .when(unsuspend({ account: null }))
      .thenRefused('USER_NOT_FOUND'));
});
