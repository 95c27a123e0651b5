import { roomVersionsCapability, type RoomVersionId } from '@ganglion/matrix';
import { json } from '../edge/answer.js';
import type { LocalHandler } from '../edge/client-call.js';

/**
 * What clients may offer their users. What no route serves is said to be off, or clients would show a button for it. That others
 * can be locked and suspended is nothing to those who may not.
 */
export function capabilities(allowed: { defaultRoomVersion: string; changePassword: boolean }): LocalHandler {
  const everybody = {
    'm.room_versions': roomVersionsCapability(allowed.defaultRoomVersion as RoomVersionId),
    'm.change_password': { enabled: allowed.changePassword },
    'm.set_displayname': { enabled: false },
    'm.set_avatar_url': { enabled: false },
    'm.3pid_changes': { enabled: false },
    'm.get_login_token': { enabled: false },
  };
  const ordinary = json({ capabilities: everybody });
  const admin = json({ capabilities: { ...everybody, 'm.account_moderation': { suspend: true, lock: true } } });
  return ({ requester }) => (requester?.isAdmin ? admin : ordinary);
}
