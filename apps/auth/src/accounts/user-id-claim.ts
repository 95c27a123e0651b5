import { tok } from '@ganglion/contracts';
import type { Event } from '@ganglion/kernel';

/**
 * The first event, and the only one, of the stream of a user id without regard to case. It is committed together with the
 * account's registration, so that of two ids that differ in case only one can come into being.
 */
export type UserIdClaimed = Event<'user_id.claimed', { userId: string }>;

/** @param userId  in any spelling */
export function claimStream(userId: string): string {
  return `user-id-${tok(userId.toLowerCase())}`;
}
