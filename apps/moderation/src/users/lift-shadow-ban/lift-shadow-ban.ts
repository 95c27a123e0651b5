import type { UserShadowBanLifted } from '@ganglion/contracts';
import type { Command, UserId } from '@ganglion/kernel';
import { refuse } from '../../moderation.errors.js';
import { liftedCauses } from '../lifted-causes.js';
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
  const subject = { kind: 'user' as const, id: data.userId };
  return liftedCauses(user.shadowBanCauses, data.causeKey).map((lifted) => ({
    type: 'user.shadow_ban_lifted',
    data: { subject, ...lifted, release: 'none' },
  }));
}
