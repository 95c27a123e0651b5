import type { UserLocked } from '@ganglion/contracts';
import type { Command } from '@ganglion/kernel';
import type { ModeratedUser } from '../moderated-user.js';
import { checkTarget, type RestrictionTarget } from '../restriction-target.js';

/** `causeKey`: what it rests on, e.g. `admin:@root:hs`. The same cause twice is one lock. */
export type LockUser = Command<'LockUser', RestrictionTarget & { causeKey: string }>;

/** Locking again for the same cause decides nothing. @throws as `checkTarget` */
export function decide(user: ModeratedUser, { data, meta }: LockUser): UserLocked[] {
  checkTarget(data, meta.actor);
  const { userId, causeKey } = data;
  if (user.lockCauses.some((cause) => cause.causeKey === causeKey)) return [];
  return [{ type: 'user.locked', data: { subject: { kind: 'user', id: userId }, causeKey } }];
}
