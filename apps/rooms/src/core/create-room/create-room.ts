import type { EventPersisted } from '@ganglion/contracts';
import { Refusal } from '@ganglion/kernel';
import type { PlannedEvent, RoomPlan } from '@ganglion/matrix';
import { withRoomShown } from '../invite/invite.js';
import { refuse } from '../refusals.js';
import { evolveRoom, initialRoom, type Room } from '../room.js';
import { accept, type Origin } from '../write/accept.js';
import type { Decision } from '../write/decision.js';

export interface CreateRoom {
  roomId: string;
  sender: string;
  plan: RoomPlan;
}

/** The id is in use already; with another one, or a moment later, it will not be. */
export class RoomIdTaken extends Error {
  override readonly name = 'RoomIdTaken';
}

/** The id that a room of this plan gets where the version derives it from the create event, which depends on the time. */
export function derivedRoomId({ plan, sender }: Omit<CreateRoom, 'roomId'>, origin: Origin): string {
  const [create] = plan.events as [PlannedEvent];
  return accept(initialRoom, null, plan.version, { ...create, sender }, origin).data.roomId;
}

/**
 * Every event of a new room, each allowed by those before it.
 * @param room  what has this id so far: nothing
 * @param shadowBanned  invites are left out, and the room is made all the same (moderation.md §7.2)
 * @throws RoomIdTaken
 * @throws ROOM_CANNOT_START  one of the events is forbidden by those before it (400 M_INVALID_ROOM_STATE)
 */
export function decideCreateRoom(room: Room, command: CreateRoom, origin: Origin, shadowBanned: boolean): Decision {
  if (room.version) throw new RoomIdTaken();
  const { plan } = command;
  const events: EventPersisted[] = [];
  let growing = initialRoom;
  for (const planned of shadowBanned ? plan.events.filter((event) => !isInvite(event)) : plan.events) {
    const event = next(growing, planned, command, origin);
    events.push(event);
    growing = evolveRoom(growing, event);
  }
  return { events };
}

function next(room: Room, planned: PlannedEvent, { roomId, sender, plan }: CreateRoom, origin: Origin) {
  const draft = { ...planned, sender };
  const derives = plan.version.roomIdIsCreateHash && room.index === 0;
  try {
    return accept(
      room,
      derives ? null : roomId,
      plan.version,
      isInvite(planned) ? withRoomShown(room, draft) : draft,
      origin,
    );
  } catch (error) {
    if (error instanceof Refusal && error.kind === 'forbidden') throw refuse('ROOM_CANNOT_START', {}, error.message);
    throw error;
  }
}

export function isInvite({ type, content }: PlannedEvent): boolean {
  return type === 'm.room.member' && content['membership'] === 'invite';
}
