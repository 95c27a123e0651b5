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
}

/** As folded: the log's event id beside the event, because a reversal must name what it reverses. */
export type ModeratedUserEvent = ModerationEvent & { id?: string };

export const initial = (): ModeratedUser => ({ shadowBanCauses: [] });

export function evolve(user: ModeratedUser, event: ModeratedUserEvent): ModeratedUser {
  const others = user.shadowBanCauses.filter(({ causeKey }) => causeKey !== event.data.causeKey);
  switch (event.type) {
    case 'user.shadow_banned':
      return { shadowBanCauses: [...others, { causeKey: event.data.causeKey, eventId: event.id ?? '' }] };
    case 'user.shadow_ban_lifted':
      return { shadowBanCauses: others };
    default:
      return user;
  }
}

export const moderatedUser: Decider<ModeratedUser, ModeratedUserEvent> = { initial, evolve };
