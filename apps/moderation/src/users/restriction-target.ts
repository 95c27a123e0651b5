import type { UserId } from '@ganglion/kernel';
import { refuse } from '../moderation.errors.js';

/** Whom somebody wants to restrict or set free. */
export interface RestrictionTarget {
  userId: UserId;
  /** Null: there is no such account. */
  account: { admin: boolean; deactivated: boolean } | null;
  /** Neither oneself nor another admin can be asked about. */
  sparesAdmins: boolean;
}

/**
 * May this account be restricted by that actor? A deactivated one is beyond it.
 * @throws SELF_RESTRICTION, USER_NOT_FOUND, ADMIN_RESTRICTION
 */
export function checkTarget({ userId, account, sparesAdmins }: RestrictionTarget, actor: string): void {
  if (sparesAdmins && actor === userId) throw refuse('SELF_RESTRICTION');
  if (!account || account.deactivated) throw refuse('USER_NOT_FOUND');
  if (sparesAdmins && account.admin) throw refuse('ADMIN_RESTRICTION');
}
