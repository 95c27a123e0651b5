import type { Refusal } from '@ganglion/kernel';

import { deny, refuse } from './matrix.errors.js';
import type { Membership } from './pdu.js';

/** What the membership routes ask for. The first three are done to oneself, the others by somebody else. */
export type MembershipAction = 'join' | 'leave' | 'knock' | 'invite' | 'kick' | 'ban' | 'unban';

/**
 * `change`: write the member event. `none`: the user has that membership already, answer as if it had been written.
 * `none-if-same`: an invite of somebody invited is written only if its content or its sender is another.
 *
 * Before a `none` for another user, `authorise` is asked all the same: that nothing would change is no news for those
 * who may not ask. A join of somebody joined needs no second permission.
 */
export type MembershipOutcome = 'change' | 'none' | 'none-if-same';

type Cell = MembershipOutcome | (() => Refusal);

const notIn = () => deny('You are not in this room');
const absent = () => deny('The user is not in this room');
const unneeded = () => deny('You have no need to knock');
const banned = () => deny('You are banned from this room');
const notBanned = () => refuse('NOT_BANNED');

type Row = Record<MembershipAction, Cell>;

const NOBODY: Row = {
  join: 'change',
  leave: notIn,
  knock: 'change',
  invite: 'change',
  kick: absent,
  ban: 'change',
  unban: notBanned,
};

/** What follows from an action for somebody who is now …; join rules and power levels are left to `authorise`. */
const TABLE: Record<Membership, Row> = {
  leave: NOBODY,
  invite: { ...NOBODY, leave: 'change', knock: unneeded, invite: 'none-if-same', kick: 'change' },
  knock: { ...NOBODY, leave: 'change', kick: 'change' },
  join: {
    ...NOBODY,
    join: 'none',
    leave: 'change',
    knock: unneeded,
    invite: () => deny('The user is already in this room'),
    kick: 'change',
  },
  ban: {
    join: banned,
    leave: banned,
    knock: banned,
    invite: () => refuse('TARGET_BANNED'),
    kick: 'change',
    ban: 'none',
    unban: 'change',
  },
};

/**
 * @param current  membership of the user to whom it is done; undefined when there is none
 * @throws EVENT_DENIED   the action makes no sense from here
 * @throws NOT_BANNED     unban of somebody who is not banned (errcode M_BAD_STATE)
 * @throws TARGET_BANNED  invite of somebody banned (errcode M_BAD_STATE)
 */
export function decideMembership(action: MembershipAction, current: Membership | undefined): MembershipOutcome {
  const cell = TABLE[current ?? 'leave'][action];
  if (typeof cell === 'function') throw cell();
  return cell;
}

/** The membership that an action leads to. */
export function membershipAfter(action: MembershipAction): Membership {
  return action === 'kick' || action === 'unban' ? 'leave' : action;
}
