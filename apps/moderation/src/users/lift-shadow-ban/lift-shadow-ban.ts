import type { UserShadowBanLifted } from '@ganglion/contracts';
import type { Command, UserId } from '@ganglion/kernel';
import { refuse } from '../../moderation.errors.js';
import type { ModeratedUser } from '../moderated-user.js';

export type LiftShadowBan = Command<
  'LiftShadowBan',
  {
    userId: UserId;
    /** Null: all causes, as Synapse's endpoint means it. */
    causeKey: string | null;
    exists: boolean;
  }
>;

/**
 * One reversing event per cause, each naming what it reverses. Lifting what is not there decides nothing.
 * @throws USER_NOT_FOUND
 */
export function decide(user: ModeratedUser, { data }: LiftShadowBan): UserShadowBanLifted[] {
  if (!data.exists) throw refuse('USER_NOT_FOUND');
  const lifted = user.shadowBanCauses.filter(({ causeKey }) => data.causeKey === null || causeKey === data.causeKey);
  const remaining = user.shadowBanCauses.length - lifted.length;
  return lifted.map(({ causeKey, eventId }, index) => ({
    type: 'user.shadow_ban_lifted',
    data: {
      subject: { kind: 'user', id: data.userId },
      causeKey,
      reverses: eventId,
      causesLeft: remaining + lifted.length - 1 - index,
      release: 'none',
    },
  }));
}
