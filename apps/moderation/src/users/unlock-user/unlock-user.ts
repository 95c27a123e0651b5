import type { UserUnlocked } from '@ganglion/contracts';
import type { Command } from '@ganglion/kernel';
import { liftedCauses } from '../lifted-causes.js';
import type { ModeratedUser } from '../moderated-user.js';
import { checkTarget, type RestrictionTarget } from '../restriction-target.js';

/** `causeKey`: null lifts all causes. */
export type UnlockUser = Command<'UnlockUser', RestrictionTarget & { causeKey: string | null }>;

/** One reversing event per cause. Unlocking who is not locked decides nothing. @throws as `checkTarget` */
export function decide(user: ModeratedUser, { data, meta }: UnlockUser): UserUnlocked[] {
  checkTarget(data, meta.actor);
  const subject = { kind: 'user' as const, id: data.userId };
  return liftedCauses(user.lockCauses, data.causeKey).map((lifted) => ({
    type: 'user.unlocked',
    data: { subject, ...lifted },
  }));
}
