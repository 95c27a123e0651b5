import { roomVersionsCapability, type RoomVersionId } from '@ganglion/matrix';
import { json } from '../edge/answer.js';
import type { LocalHandler } from '../edge/client-call.js';

/** What clients may offer their users. What no route serves is said to be off, or clients would show a button for it. */
export function capabilities(defaultRoomVersion: string): LocalHandler {
  const answer = json({
    capabilities: {
      'm.room_versions': roomVersionsCapability(defaultRoomVersion as RoomVersionId),
      'm.change_password': { enabled: false },
      'm.set_displayname': { enabled: false },
      'm.set_avatar_url': { enabled: false },
      'm.3pid_changes': { enabled: false },
      'm.get_login_token': { enabled: false },
    },
  });
  return () => answer;
}
