import type { ModerationEvent } from '@ganglion/contracts';
import type { EventTypes } from '@ganglion/event-store';

/** Every type the moderation log may hold, with its payload version. */
export const moderationEventTypes = {
  'user.shadow_banned': { v: 1 },
  'user.shadow_ban_lifted': { v: 1 },
  'user.suspended': { v: 1 },
  'user.unsuspended': { v: 1 },
  'user.locked': { v: 1 },
  'user.unlocked': { v: 1 },
} satisfies EventTypes & Record<ModerationEvent['type'], { v: number }>;
