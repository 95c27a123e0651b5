import type { Membership } from '@ganglion/contracts';

/** Name and picture of an account, as far as it has them. */
export interface Profile {
  displayname?: string;
  avatar_url?: string;
}

/** Keys a client never sets: the server itself says who let somebody in. */
const SERVER_ONLY = 'join_authorised_via_users_server';

const WITH_PROFILE = new Set<unknown>(['join', 'invite', 'knock'] satisfies Membership[]);

/**
 * Content of a member event from what a client sent: the membership, its words, and the profile of the member unless the
 * client gave another.
 */
export function memberContent(
  membership: Membership,
  given: Record<string, unknown>,
  profile: Profile,
): Record<string, unknown> {
  const { [SERVER_ONLY]: _ignored, ...kept } = given;
  return { ...(WITH_PROFILE.has(membership) ? profile : {}), ...kept, membership };
}

/** What stays of a shadow-banned member's own event: that it happened, and who it is. */
export function withoutWords(content: Record<string, unknown>): Record<string, unknown> {
  const kept = ['membership', 'displayname', 'avatar_url', SERVER_ONLY];
  return Object.fromEntries(Object.entries(content).filter(([key]) => kept.includes(key)));
}
