import type { UserShadowBanned } from '@ganglion/contracts';
import { specFor, type UserId } from '@ganglion/kernel';
import { evolve, initial, type ModeratedUser, type ModeratedUserEvent } from '../moderated-user.js';
import { decide, type ShadowBanUser } from './shadow-ban-user.js';

const MALLORY = '@mallory:test' as UserId;
const profile = { displayname: 'Mallory', avatarUrl: null };
const given = specFor<ModeratedUser, ModeratedUserEvent, ShadowBanUser>({ initial, evolve, decide });

const ban = (data: Partial<ShadowBanUser['data']> = {}, actor = '@root:test'): ShadowBanUser => ({
  type: 'ShadowBanUser',
  data: { userId: MALLORY, causeKey: 'admin:@root:test', profile, selfAllowed: false, ...data },
  meta: { nowMs: 1, actor, correlationId: 'r' },
});
const banned = (causeKey = 'admin:@root:test'): UserShadowBanned => ({
  type: 'user.shadow_banned',
  data: {
    subject: { kind: 'user', id: MALLORY },
    causeKey,
    scope: 'server',
    origin: 'admin',
    frozenProfile: profile,
  },
});

describe('shadow-banning a user', () => {
  it('keeps the profile that others go on seeing', () => given().when(ban()).then(banned()));
  it('decides nothing for a cause that is live', () => given(banned()).when(ban()).thenNothing());
  it('adds a second cause', () =>
    given(banned())
      .when(ban({ causeKey: 'rule:x' }))
      .then(banned('rule:x')));
  it('refuses an account that does not exist', () =>
    given()
      .when(ban({ profile: null }))
      .thenRefused('USER_NOT_FOUND'));
  it('refuses admins who ban themselves', () => given().when(ban({}, MALLORY)).thenRefused('SELF_RESTRICTION'));
  it('unless that is allowed', () =>
    given()
      .when(ban({ selfAllowed: true }, MALLORY))
      .then(banned()));
});
