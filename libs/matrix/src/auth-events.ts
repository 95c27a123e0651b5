import type { JsonObject } from './json-values.js';
import { isJsonObject, own, ownString } from './json-values.js';
import { deny } from './matrix.errors.js';
import type { Pdu, RoomState, StateKeyPair } from './pdu.js';
import type { RoomVersion } from './room-version.js';

/** What of an event decides which state authorises it. */
export interface AuthSubject {
  type: string;
  sender: string;
  state_key?: string;
  content: JsonObject;
}

const NEEDS_JOIN_RULES = new Set<unknown>(['join', 'invite', 'knock']);

/** The pieces of state whose events go to `auth_events`, without doubles; some may not exist in the room. */
export function authEventKeys(event: AuthSubject, version: RoomVersion): StateKeyPair[] {
  if (event.type === 'm.room.create') return [];
  const keys: StateKeyPair[] = version.roomIdIsCreateHash ? [] : [['m.room.create', '']];
  keys.push(['m.room.power_levels', ''], ['m.room.member', event.sender]);
  if (event.type === 'm.room.member' && event.state_key !== undefined) keys.push(...memberKeys(event, event.state_key));
  return [...new Map(keys.map((pair) => [keyText(pair), pair])).values()];
}

/** The events of `state` that go to `auth_events` of `event`. */
export function selectAuthEvents(event: AuthSubject, state: RoomState, version: RoomVersion): Pdu[] {
  return authEventKeys(event, version)
    .map(([type, stateKey]) => state.get(type, stateKey))
    .filter((pdu) => pdu !== undefined);
}

function memberKeys({ content }: AuthSubject, target: string): StateKeyPair[] {
  const keys: StateKeyPair[] = [['m.room.member', target]];
  const membership = own(content, 'membership');
  if (NEEDS_JOIN_RULES.has(membership)) keys.push(['m.room.join_rules', '']);
  const token = membership === 'invite' ? thirdPartyInviteToken(content) : undefined;
  if (token !== undefined) keys.push(['m.room.third_party_invite', token]);
  const authoriser = ownString(content, 'join_authorised_via_users_server');
  if (membership === 'join' && authoriser !== undefined) keys.push(['m.room.member', authoriser]);
  return keys;
}

/** The token that a third-party invite names; undefined when there is none. */
export function thirdPartyInviteToken(content: JsonObject): string | undefined {
  const signed = own(own(content, 'third_party_invite'), 'signed');
  return isJsonObject(signed) ? ownString(signed, 'token') : undefined;
}

/** An event that another one names in its `auth_events`. */
export interface NamedAuthEvent {
  eventId: string;
  pdu: Pdu;
  rejected: boolean;
}

/**
 * A2 for an event whose `auth_events` somebody else chose.
 * @param named  the events behind `event.auth_events`, in any order
 * @throws EVENT_DENIED  one missing, doubled, not of the selection, rejected or of another room; no create event
 */
export function checkAuthEvents(event: Pdu, named: readonly NamedAuthEvent[], version: RoomVersion): void {
  const ids = new Set(named.map(({ eventId }) => eventId));
  if (ids.size !== event.auth_events.length || event.auth_events.some((id) => !ids.has(id))) {
    throw deny('An auth event is missing or named twice');
  }
  const open = new Set(authEventKeys(event, version).map(keyText));
  for (const { pdu, rejected } of named) {
    if (rejected) throw deny('An auth event was rejected');
    if (pdu.room_id !== event.room_id) throw deny('An auth event is of another room');
    if (pdu.state_key === undefined || !open.delete(keyText([pdu.type, pdu.state_key]))) {
      throw deny('An auth event does not belong to the selection');
    }
  }
  if (open.has(keyText(['m.room.create', '']))) throw deny('The create event is missing among the auth events');
}

function keyText(pair: StateKeyPair): string {
  return JSON.stringify(pair);
}
