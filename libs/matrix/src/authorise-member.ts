import { eventIdOf } from './event-hash.js';
import { parseUserId } from './ids.js';
import { own, ownString } from './json-values.js';
import { deny } from './matrix.errors.js';
import type { Pdu, RoomState } from './pdu.js';
import type { PowerLevels } from './power-levels.js';
import { creatorsOf } from './power-levels.js';
import { joinRuleOf, membershipOf } from './room-state.js';
import type { RoomVersion } from './room-version.js';
import { authoriseThirdPartyInvite } from './third-party-invite.js';

interface MemberCase {
  event: Pdu;
  state: RoomState;
  version: RoomVersion;
  create: Pdu;
  levels: PowerLevels;
}

interface Parties {
  sender: string;
  target: string;
  /** Memberships before the event; undefined reads as leave. */
  senderIs: string | undefined;
  targetIs: string | undefined;
}

/**
 * A4: a change of membership.
 * @throws EVENT_DENIED
 */
export function authoriseMember(member: MemberCase): void {
  const { event, state } = member;
  const target = event.state_key;
  if (target === undefined || parseUserId(target) === null) throw deny('A membership needs a user id for state key');
  const authoriser = own(event.content, 'join_authorised_via_users_server');
  if (authoriser !== undefined && parseUserId(authoriser) === null) throw deny('The authorising user is not a user id');
  const parties: Parties = {
    sender: event.sender,
    target,
    senderIs: membershipOf(state, event.sender),
    targetIs: membershipOf(state, target),
  };
  switch (own(event.content, 'membership')) {
    case 'join':
      return authoriseJoin(member, parties);
    case 'invite':
      return authoriseInvite(member, parties);
    case 'leave':
      return authoriseLeave(member, parties);
    case 'ban':
      return authoriseBan(member, parties);
    case 'knock':
      return authoriseKnock(member, parties);
    default:
      throw deny('There is no such membership');
  }
}

const RESTRICTED = new Set(['restricted', 'knock_restricted']);
const OPEN_TO_THE_INVITED = new Set(['invite', 'knock', ...RESTRICTED]);

function authoriseJoin(member: MemberCase, { sender, target, targetIs }: Parties): void {
  if (sender !== target) throw deny('Nobody joins for somebody else');
  if (isFirstJoin(member, target)) return;
  if (targetIs === 'ban') throw deny('You are banned from this room');
  const rule = joinRuleOf(member.state);
  if (rule === 'public') return;
  if (!OPEN_TO_THE_INVITED.has(rule)) throw deny('This room cannot be joined');
  if (targetIs === 'join' || targetIs === 'invite') return;
  if (!RESTRICTED.has(rule) || !mayAuthoriseJoins(member)) throw deny('You are not invited to this room');
}

/** The creator's join directly after the create event, before there are join rules. */
function isFirstJoin({ event, state, version, create }: MemberCase, target: string): boolean {
  if (event.prev_events.length !== 1 || creatorsOf(state, version)[0] !== target) return false;
  return event.prev_events[0] === eventIdOf(create, version);
}

/** The user who stands in for the invite is joined and may invite. */
function mayAuthoriseJoins({ event, state, levels }: MemberCase): boolean {
  const authoriser = ownString(event.content, 'join_authorised_via_users_server');
  if (authoriser === undefined || membershipOf(state, authoriser) !== 'join') return false;
  return levels.ofUser(authoriser) >= levels.toAct('invite');
}

function authoriseInvite({ event, state, levels }: MemberCase, { sender, target, senderIs, targetIs }: Parties): void {
  if (Object.hasOwn(event.content, 'third_party_invite')) {
    return authoriseThirdPartyInvite(event, state, { target, targetIs });
  }
  if (senderIs !== 'join') throw deny('You are not in this room');
  if (targetIs === 'join') throw deny('The user is already in this room');
  if (targetIs === 'ban') throw deny('The user is banned from this room');
  if (levels.ofUser(sender) < levels.toAct('invite')) throw deny('Your power level does not allow invites');
}

function authoriseLeave({ levels }: MemberCase, { sender, target, senderIs, targetIs }: Parties): void {
  if (sender === target) {
    if (senderIs !== 'join' && senderIs !== 'invite' && senderIs !== 'knock') throw deny('You are not in this room');
    return;
  }
  if (senderIs !== 'join') throw deny('You are not in this room');
  const level = levels.ofUser(sender);
  if (targetIs === 'ban' && level < levels.toAct('ban')) throw deny('Your power level does not allow to lift bans');
  if (level < levels.toAct('kick') || levels.ofUser(target) >= level) {
    throw deny('Your power level does not allow to remove this user');
  }
}

function authoriseBan({ levels }: MemberCase, { sender, target, senderIs }: Parties): void {
  if (senderIs !== 'join') throw deny('You are not in this room');
  const level = levels.ofUser(sender);
  if (level < levels.toAct('ban') || levels.ofUser(target) >= level) {
    throw deny('Your power level does not allow to ban this user');
  }
}

function authoriseKnock({ state }: MemberCase, { sender, target, senderIs }: Parties): void {
  const rule = joinRuleOf(state);
  if (rule !== 'knock' && rule !== 'knock_restricted') throw deny('This room does not take knocks');
  if (sender !== target) throw deny('Nobody knocks for somebody else');
  if (senderIs === 'ban') throw deny('You are banned from this room');
  if (senderIs === 'invite' || senderIs === 'join') throw deny('You have no need to knock');
}
