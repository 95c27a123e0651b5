import type { MembershipAction } from './membership.js';
import { decideMembership, membershipAfter } from './membership.js';
import type { Membership } from './pdu.js';
import { refusalOf } from './test-room.fixture.js';

const ACTIONS: MembershipAction[] = ['join', 'leave', 'knock', 'invite', 'kick', 'ban', 'unban'];

function outcome(action: MembershipAction, current: Membership | undefined): string {
  try {
    return decideMembership(action, current);
  } catch {
    const refusal = refusalOf(() => decideMembership(action, current));
    return `${refusal.kind} ${refusal.errcode}`;
  }
}

const DENIED = 'forbidden M_FORBIDDEN';
const BAD_STATE = 'forbidden M_BAD_STATE';

describe('CLI-064 CLI-069 CLI-071 CLI-073 CLI-075 CLI-081 the table of memberships', () => {
  it.each<[Membership | undefined, string[]]>([
    //           join      leave     knock     invite          kick      ban       unban
    [undefined, ['change', DENIED, 'change', 'change', DENIED, 'change', BAD_STATE]],
    ['leave', ['change', DENIED, 'change', 'change', DENIED, 'change', BAD_STATE]],
    ['invite', ['change', 'change', DENIED, 'none-if-same', 'change', 'change', BAD_STATE]],
    ['knock', ['change', 'change', 'change', 'change', 'change', 'change', BAD_STATE]],
    ['join', ['none', 'change', DENIED, DENIED, 'change', 'change', BAD_STATE]],
    ['ban', [DENIED, DENIED, DENIED, BAD_STATE, 'change', 'none', 'change']],
  ])('from %s', (current, expected) => {
    expect(ACTIONS.map((action) => outcome(action, current))).toEqual(expected);
  });
});

it('every action leads to a membership', () => {
  expect(ACTIONS.map(membershipAfter)).toEqual(['join', 'leave', 'knock', 'invite', 'leave', 'ban', 'leave']);
});
