import type { UserLocked, UserUnlocked } from '@ganglion/contracts';
import { specFor, type UserId } from '@ganglion/kernel';
import { evolve, initial, type ModeratedUser, type ModeratedUserEvent } from '../moderated-user.js';
import { decide, type UnlockUser } from './unlock-user.js';

const MALLORY = '@mallory:test' as UserId;
const subject = { kind: 'user' as const, id: MALLORY };
const given = specFor<ModeratedUser, ModeratedUserEvent, UnlockUser>({ initial, evolve, decide });

const unlock = (data: Partial<UnlockUser['data']> = {}): UnlockUser => ({
  type: 'UnlockUser',
  data: { userId: MALLORY, account: { admin: false, deactivated: false }, sparesAdmins: true, causeKey: null, ...data },
  meta: { nowMs: 1, actor: '@root:test', correlationId: 'r' },
});
const locked = (causeKey: string, id: string): UserLocked & { id: string } => ({
  type: 'user.locked',
  id,
  data: { subject, causeKey },
});
const unlocked = (causeKey: string, reverses: string, causesLeft: number): UserUnlocked => ({
  type: 'user.unlocked',
  data: { subject, causeKey, reverses, causesLeft },
});

describe('unlocking a user', () => {
  it('reverses every cause, and the last one ends the lock', () =>
    given(locked('a', 'e1'), locked('b', 'e2'))
      .when(unlock())
      .then(unlocked('a', 'e1', 1), unlocked('b', 'e2', 0)));
  it('reverses one cause alone when asked', () =>
    given(locked('a', 'e1'), locked('b', 'e2'))
      .when(unlock({ causeKey: 'b' }))
      .then(unlocked('b', 'e2', 1)));
  it('decides nothing when there is no lock', () => given().when(unlock()).thenNothing());
  it('refuses an account that does not exist', () =>
    given()
      .when(unlock({ account: null }))
      .thenRefused('USER_NOT_FOUND'));
});
