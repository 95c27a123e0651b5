import type { UserUnsuspended } from '@ganglion/contracts';
import type { Command } from '@ganglion/kernel';
import { liftedCauses } from '../lifted-causes.js';
import type { ModeratedUser } from '../moderated-user.js';
import { checkTarget, type RestrictionTarget } from '../restriction-target.js';

/** `causeKey`: null lifts all causes. */
export type UnsuspendUser = Command<'UnsuspendUser', RestrictionTarget & { causeKey: string | null }>;

/** One reversing event per cause. Lifting what is not there decides nothing. @throws as `checkTarget` */
export function decide(user: ModeratedUser, { data, meta }: UnsuspendUser): UserUnsuspended[] {
  checkTarget(data, meta.actor);
  const subject = { kind: 'user' as const, id: data.userId };
  return liftedCauses(user.suspensionCauses, data.causeKey).map((lifted) => ({
    type: 'user.unsuspended',
    data: { subject, ...lifted },
  }));
}
