import type { ModerationEvent } from '@ganglion/contracts';
import type { Decider } from '@ganglion/kernel';

/** A cause that keeps a restriction alive: several may, and it ends with the last (moderation.md §3.6). */
export interface LiveCause {
  causeKey: string;
  /** Id of the event that imposed it; its reversal names it. */
  eventId: string;
}

export interface ModeratedUser {
  shadowBanCauses: LiveCause[];
  suspensionCauses: LiveCause[];
  lockCauses: LiveCause[];
}

/** As folded: the log's event id beside the event, because a reversal must name what it reverses. */
export type ModeratedUserEvent = ModerationEvent & { id?: string };

export const initial = (): ModeratedUser => ({ shadowBanCauses: [], suspensionCauses: [], lockCauses: [] });

export function evolve(user: ModeratedUser, event: ModeratedUserEvent): ModeratedUser {
  switch (event.type) {
    case 'user.shadow_banned':
      return { ...user, shadowBanCauses: withCause(user.shadowBanCauses, event) };
    case 'user.shadow_ban_lifted':
      return { ...user, shadowBanCauses: withoutCause(user.shadowBanCauses, event) };
    case 'user.suspended':
      return { ...user, suspensionCauses: withCause(user.suspensionCauses, event) };
    case 'user.unsuspended':
      return { ...user, suspensionCauses: withoutCause(user.suspensionCauses, event) };
    case 'user.locked':
      return { ...user, lockCauses: withCause(user.lockCauses, event) };
    case 'user.unlocked':
      return { ...user, lockCauses: withoutCause(user.lockCauses, event) };
    default:
      return user;
  }
}

function withCause(causes: LiveCause[], event: ModeratedUserEvent): LiveCause[] {
  return [...withoutCause(causes, event), { causeKey: event.data.causeKey, eventId: event.id ?? '' }];
}

function withoutCause(causes: LiveCause[], { data }: ModeratedUserEvent): LiveCause[] {
  return causes.filter(({ causeKey }) => causeKey !== data.causeKey);
}

export const moderatedUser: Decider<ModeratedUser, ModeratedUserEvent> = { initial, evolve };
