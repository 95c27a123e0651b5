import type { HistoryVisibility, SightOfEvent } from './history-visibility.js';
import { historyVisibilityOf, maySee } from './history-visibility.js';
import type { Membership, Pdu } from './pdu.js';
import { stateOf } from './room-state.js';

/** An event that changes neither visibility nor the reader's membership. */
function still(visibility: HistoryVisibility, membership: Membership | undefined, joinedLater = false): SightOfEvent {
  const sight = { visibility, membership };
  return { before: sight, after: sight, isOwnMembership: false, joinedLater };
}

describe('an ordinary event', () => {
  it.each<[HistoryVisibility, boolean[]]>([
    // joined, invited, invited and joined later, never there but joined later, never there
    ['world_readable', [true, true, true, true, true]],
    ['shared', [true, false, true, true, false]],
    ['invited', [true, true, true, false, false]],
    ['joined', [true, false, false, false, false]],
  ])('under %s', (visibility, expected) => {
    expect([
      maySee(still(visibility, 'join')),
      maySee(still(visibility, 'invite')),
      maySee(still(visibility, 'invite', true)),
      maySee(still(visibility, undefined, true)),
      maySee(still(visibility, undefined)),
    ]).toEqual(expected);
  });

  it.each(['leave', 'ban', 'knock'] as const)(
    'CLI-068 is gone for whoever is at %s, unless world-readable or rejoined',
    (at) => {
      for (const visibility of ['shared', 'invited', 'joined'] as const)
        expect(maySee(still(visibility, at))).toBe(false);
      expect(maySee(still('world_readable', at))).toBe(true);
      expect(maySee(still('shared', at, true))).toBe(true);
      expect(maySee(still('joined', at, true))).toBe(false);
    },
  );
});

describe('an event that changes the visibility', () => {
  it.each<[HistoryVisibility, HistoryVisibility]>([
    ['joined', 'shared'],
    ['shared', 'joined'],
  ])('from %s to %s counts as the more open', (from, to) => {
    const before = { visibility: from, membership: undefined };
    expect(maySee({ before, after: { ...before, visibility: to }, isOwnMembership: false, joinedLater: true })).toBe(
      true,
    );
  });
});

describe('the own member event', () => {
  const own = (before: Membership | undefined, after: Membership, visibility: HistoryVisibility = 'joined') =>
    maySee({
      before: { visibility, membership: before },
      after: { visibility, membership: after },
      isOwnMembership: true,
      joinedLater: false,
    });

  it('of a join is seen', () => expect(own('invite', 'join')).toBe(true));

  it.each(['join', 'invite', 'knock'] as const)('of leaving or being banned after %s is seen', (before) =>
    expect([own(before, 'leave'), own(before, 'ban')]).toEqual([true, true]),
  );

  it.each([undefined, 'leave', 'ban'] as const)('of a leave or ban after %p is not', (before) =>
    expect([own(before, 'ban'), own(before, 'leave')]).toEqual([false, false]),
  );

  it('of an invite is seen where invitees see', () => {
    expect([own('leave', 'invite', 'invited'), own('leave', 'invite', 'joined')]).toEqual([true, false]);
    expect(own('invite', 'knock', 'invited')).toBe(true);
  });

  it('of somebody else gives nothing', () => {
    const before = { visibility: 'joined', membership: 'leave' } as const;
    expect(maySee({ before, after: before, isOwnMembership: false, joinedLater: true })).toBe(false);
  });
});

it.each([undefined, {}, { history_visibility: 'x' }, { history_visibility: 7 }])('%j reads as shared', (content) => {
  const event = { type: 'm.room.history_visibility', state_key: '', content } as Pdu;
  expect(historyVisibilityOf(stateOf(content ? [event] : []))).toBe('shared');
});

it.each(['joined', 'invited', 'shared', 'world_readable'])('reads %s', (value) => {
  const event = { type: 'm.room.history_visibility', state_key: '', content: { history_visibility: value } };
  expect(historyVisibilityOf(stateOf([event as unknown as Pdu]))).toBe(value);
});
