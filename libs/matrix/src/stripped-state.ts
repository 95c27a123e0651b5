import type { JsonObject } from './json-values.js';
import type { Pdu, RoomState } from './pdu.js';

export interface StrippedEvent {
  type: string;
  state_key: string;
  sender: string;
  content: JsonObject;
}

const SHOWN = [
  'm.room.create',
  'm.room.join_rules',
  'm.room.name',
  'm.room.avatar',
  'm.room.topic',
  'm.room.canonical_alias',
  'm.room.encryption',
];

/** A state event down to the four keys that strangers to a room may see; undefined for a message event. */
export function stripped(event: Pdu): StrippedEvent | undefined {
  const { type, state_key, sender, content } = event;
  return state_key === undefined ? undefined : { type, state_key, sender, content };
}

/**
 * What somebody who is invited, or knocks, learns of the room: what it is, who invites (for invites), and last the
 * own member event.
 *
 * @param state   with or without `member` applied
 * @param member  the invite or knock
 */
export function strippedState(state: RoomState, member: Pdu): StrippedEvent[] {
  const isInvite = member.sender !== member.state_key;
  const inviter = isInvite ? state.get('m.room.member', member.sender) : undefined;
  return [...SHOWN.map((type) => state.get(type, '')), inviter, member]
    .map((event) => event && stripped(event))
    .filter((event) => event !== undefined);
}
