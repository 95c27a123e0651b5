import type { EventPersisted } from '@ganglion/contracts';
import { checkEventContent, creatorsOf, type RoomVersion } from '@ganglion/matrix';
import { refuse } from '../refusals.js';
import type { Room } from '../room.js';
import { accept, type Draft, type Origin } from './accept.js';
import { sameState } from './same-state.js';

/** What a command to a room comes to. */
export interface Decision {
  events: EventPersisted[];
  /** What stands already and makes new events unnecessary; its id is the answer. */
  existing?: string;
  /** Allowed, and kept from everybody all the same: its author is shadow-banned. */
  dropped?: true;
}

/** What a decision comes to under a shadow-ban: it was judged like any other, and nothing of it happens (moderation.md §7.1). */
export function droppedIf(shadowBanned: boolean, decision: Decision): Decision {
  return shadowBanned && decision.existing === undefined ? { events: [], dropped: true } : decision;
}

/** @throws NOT_A_MEMBER when there is no such room, as for a room one is not in */
export function versionOf({ version }: Room): RoomVersion {
  if (!version) throw refuse('NOT_A_MEMBER');
  return version;
}

/** Checks what a client wrote, before the rules of the room. @throws BAD_JSON, INVALID_PARAM, NOT_A_MEMBER */
export function checkContent(room: Room, roomId: string, { type, content }: Draft, { signer }: Origin): void {
  const version = versionOf(room);
  const infiniteCreators = version.creatorsHaveInfinitePower ? creatorsOf(room.state, version) : [];
  checkEventContent(type, content, { roomId, serverName: signer.serverName, infiniteCreators });
}

/** The one event of a draft, unless the room says the same already. @throws as `accept` */
export function decideOne(room: Room, roomId: string, draft: Draft, origin: Origin): Decision {
  const event = accept(room, roomId, versionOf(room), draft, origin);
  const same = sameState(room, draft);
  return same ? { events: [], existing: same.eventId } : { events: [event] };
}
