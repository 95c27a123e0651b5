import type { UserShadowBanLifted, UserShadowBanned } from '@ganglion/contracts';
import { specFor, type UserId } from '@ganglion/kernel';
import { evolve, initial, type ModeratedUser, type ModeratedUserEvent } from '../moderated-user.js';
import { decide, type LiftShadowBan } from './lift-shadow-ban.js';

const MALLORY = '@mallory:test' as UserId;
const given = specFor<ModeratedUser, ModeratedUserEvent, LiftShadowBan>({ initial, evolve, decide });

const subject = { kind: 'user' as const, id: MALLORY };
const frozenProfile = { displayname: null, avatarUrl: null };
const banned = (causeKey: string, id: string): UserShadowBanned & { id: string } => ({
  type: 'user.shadow_banned',
  id,
  data: { subject, causeKey, scope: 'server', origin: 'admin', frozenProfile },
});
const lifted = (causeKey: string, reverses: string, causesLeft: number): UserShadowBanLifted => ({
  type: 'user.shadow_ban_lifted',
  data: { subject, causeKey, reverses, causesLeft, release: 'none' },
});
const lift = (causeKey: string | null = null, exists = true): LiftShadowBan => ({
  type: 'LiftShadowBan',
  data: { userId: MALLORY, causeKey, exists },
  meta: { nowMs: 1, actor: '@root:test', correlationId: 'r' },
});

describe('lifting a shadow-ban', () => {
  it('reverses every cause, and the last one ends the ban', () =>
    given(banned('a', 'e1'), banned('b', 'e2'))
      .when(lift())
      .then(lifted('a', 'e1', 1), lifted('b', 'e2', 0)));
  it('reverses one cause alone when asked', () =>
    given(banned('a', 'e1'), banned('b', 'e2'))
      .when(lift('b'))
      .then(lifted('b', 'e2', 1)));
  it('decides nothing when there is no ban', () => given().when(lift()).thenNothing());
  it('decides nothing a second time', () =>
    given(banned('a', 'e1'), lifted('a', 'e1', 0))
      .when(lift())
      .thenNothing());
  it('refuses an account that does not exist', () => given().when(lift(null, false)).thenRefused('USER_NOT_FOUND'));
});
