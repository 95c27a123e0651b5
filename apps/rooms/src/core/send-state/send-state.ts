import { membershipOf } from '@ganglion/matrix';
import { withRoomShown } from '../invite/invite.js';
import { refuseGuest } from '../join/join.js';
import { memberContent, withoutWords, type Profile } from '../membership-content.js';
import type { Room } from '../room.js';
import type { Draft, Origin } from '../write/accept.js';
import { checkContent, decideOne, droppedIf, type Decision } from '../write/decision.js';
import { checkNewAliases } from './canonical-alias.js';

export interface SendState {
  roomId: string;
  /** With a state key. */
  draft: Draft & { stateKey: string };
  isGuest: boolean;
  /** Of the member that a member event is about. */
  profile: Profile;
  /** Room by alias, for those that a canonical alias event lists. */
  aliases: ReadonlyMap<string, string>;
}

/** @throws what the content checks and the rules of the room refuse */
export function decideSendState(room: Room, command: SendState, origin: Origin, shadowBanned: boolean): Decision {
  const { roomId, aliases } = command;
  checkContent(room, roomId, command.draft, origin);
  const draft = finished(room, command);
  if (command.isGuest && isArrival(room, draft)) refuseGuest(room);
  const fate = shadowBanned ? underShadowBan(room, draft) : 'write';
  const decision = decideOne(room, roomId, fate === 'write' && shadowBanned ? silenced(draft) : draft, origin);
  if (draft.type === 'm.room.canonical_alias') {
    checkNewAliases(roomId, draft.content, room.state.get(draft.type, '')?.content, aliases);
  }
  const current = room.state.entry(draft.type, command.draft.stateKey);
  if (fate === 'keep' && current) return { events: [], existing: current.eventId };
  return droppedIf(fate === 'drop', decision);
}

/**
 * What a shadow-ban makes of a piece of state: `drop` it and pretend; `keep` the own member event as it stands and answer its
 * id, for a change of the name in one room; `write` a departure or arrival, without its words (moderation.md §7.2).
 */
export function underShadowBan(room: Room, { type, stateKey, sender, content }: Draft): 'drop' | 'keep' | 'write' {
  if (type !== 'm.room.member' || stateKey !== sender) return 'drop';
  if (content['membership'] === 'join' && membershipOf(room.state, sender) === 'join') return 'keep';
  return 'write';
}

/** A member event gets the profile of its member, an invite what the invitee is shown of the room. */
function finished(room: Room, { draft, profile }: SendState): Draft {
  const { membership } = draft.content;
  if (draft.type !== 'm.room.member' || !isMembership(membership)) return draft;
  const member = { ...draft, content: memberContent(membership, draft.content, profile) };
  return membership === 'invite' ? withRoomShown(room, member) : member;
}

function isArrival(room: Room, { type, sender, content }: Draft): boolean {
  return type === 'm.room.member' && content['membership'] === 'join' && membershipOf(room.state, sender) !== 'join';
}

function silenced(draft: Draft): Draft {
  return { ...draft, content: withoutWords(draft.content) };
}

function isMembership(word: unknown): word is 'join' | 'invite' | 'leave' | 'ban' | 'knock' {
  return typeof word === 'string' && ['join', 'invite', 'leave', 'ban', 'knock'].includes(word);
}
