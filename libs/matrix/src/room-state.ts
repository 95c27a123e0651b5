import { ownString } from './json-values.js';
import type { Membership, Pdu, RoomState } from './pdu.js';

const MEMBERSHIPS = new Set<string>(['join', 'invite', 'leave', 'ban', 'knock'] satisfies Membership[]);

/** State from events in order; a later event of the same type and state key replaces the earlier, others are passed over. */
export function stateOf(events: Iterable<Pdu>): RoomState {
  const byType = new Map<string, Map<string, Pdu>>();
  for (const event of events) {
    if (event.state_key === undefined) continue;
    const byKey = byType.get(event.type) ?? new Map<string, Pdu>();
    byType.set(event.type, byKey.set(event.state_key, event));
  }
  return { get: (type, stateKey) => byType.get(type)?.get(stateKey) };
}

/** The membership of a user; undefined when there is no member event or it says none that exists. */
export function membershipOf(state: RoomState, userId: string): Membership | undefined {
  return membershipIn(state.get('m.room.member', userId));
}

/** The membership that a member event gives its state key. */
export function membershipIn(event: Pdu | undefined): Membership | undefined {
  const membership = ownString(event?.content, 'membership');
  return membership !== undefined && MEMBERSHIPS.has(membership) ? (membership as Membership) : undefined;
}

/** The join rule; `invite` when there is no event or it says none. */
export function joinRuleOf(state: RoomState): string {
  return ownString(state.get('m.room.join_rules', '')?.content, 'join_rule') ?? 'invite';
}
