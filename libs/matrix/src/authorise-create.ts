import { roomIdOfCreate } from './event-hash.js';
import { parseUserId, serverOf } from './ids.js';
import { own } from './json-values.js';
import { deny } from './matrix.errors.js';
import type { Pdu } from './pdu.js';
import type { RoomVersion } from './room-version.js';

/**
 * A1: the event that makes a room.
 * @throws EVENT_DENIED
 */
export function authoriseCreate(event: Pdu, version: RoomVersion): void {
  if (event.prev_events.length > 0) throw deny('A create event comes first');
  if (own(event.content, 'room_version') !== version.id) throw deny('The create event is of another room version');
  if (version.creatorInContent && own(event.content, 'creator') === undefined) {
    throw deny('The create event names no creator');
  }
  if (version.roomIdIsCreateHash) return authoriseSelfNamedCreate(event);
  if (event.room_id === undefined || serverOf(event.room_id) !== serverOf(event.sender)) {
    throw deny('The room id is of another server than its creator');
  }
}

function authoriseSelfNamedCreate(event: Pdu): void {
  if (event.room_id !== undefined) throw deny('The create event of this room version has no room id');
  if (Object.hasOwn(event.content, 'additional_creators') && !isUserIdList(event.content['additional_creators'])) {
    throw deny('additional_creators must be a list of user ids');
  }
}

/** A2, the part of it that the event alone shows: it belongs to the room which `create` made. */
export function checkRoomOfCreate(event: Pdu, create: Pdu, version: RoomVersion): void {
  const roomId = version.roomIdIsCreateHash ? roomIdOfCreate(create, version) : create.room_id;
  if (event.room_id !== roomId) throw deny('The event belongs to another room');
}

/** Whether the value is an array of valid user ids, the shape of `additional_creators`. */
export function isUserIdList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((id) => parseUserId(id) !== null);
}
