import type { UserSuspended } from '@ganglion/contracts';
import type { Command } from '@ganglion/kernel';
import type { ModeratedUser } from '../moderated-user.js';
import { checkTarget, type RestrictionTarget } from '../restriction-target.js';

/** `causeKey`: what it rests on, e.g. `admin:@root:hs`. The same cause twice is one suspension. */
export type SuspendUser = Command<'SuspendUser', RestrictionTarget & { causeKey: string }>;

/** Suspending again for the same cause decides nothing. @throws as `checkTarget` */
export function decide(user: ModeratedUser, { data, meta }: SuspendUser): UserSuspended[] {
  checkTarget(data, meta.actor);
  const { userId, causeKey } = data;
  if (user.suspensionCauses.some((cause) => cause.causeKey === causeKey)) return [];
  return [{ type: 'user.suspended', data: { subject: { kind: 'user', id: userId }, causeKey } }];
}
