import type { UserShadowBanned } from '@ganglion/contracts';
import type { Command, UserId } from '@ganglion/kernel';
import { refuse } from '../../moderation.errors.js';
import type { ModeratedUser } from '../moderated-user.js';

export type ShadowBanUser = Command<
  'ShadowBanUser',
  {
    userId: UserId;
    /** What it rests on, e.g. `admin:@root:hs`. The same cause twice is one ban. */
    causeKey: string;
    /** Null: there is no such account. */
    profile: { displayname: string | null; avatarUrl: string | null } | null;
    selfAllowed: boolean;
  }
>;

/**
 * Banning again for the same cause decides nothing.
 * @throws USER_NOT_FOUND, SELF_RESTRICTION
 */
export function decide(user: ModeratedUser, { data, meta }: ShadowBanUser): UserShadowBanned[] {
  const { userId, causeKey, profile, selfAllowed } = data;
  if (!profile) throw refuse('USER_NOT_FOUND');
  if (meta.actor === userId && !selfAllowed) throw refuse('SELF_RESTRICTION');
  if (user.shadowBanCauses.some((cause) => cause.causeKey === causeKey)) return [];
  const subject = { kind: 'user' as const, id: userId };
  return [
    {
      type: 'user.shadow_banned',
      data: { subject, causeKey, scope: 'server', origin: 'admin', frozenProfile: profile },
    },
  ];
}
