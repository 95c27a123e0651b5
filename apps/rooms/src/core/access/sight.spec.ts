import type { Membership } from '@ganglion/contracts';
import type { HistoryVisibility } from '@ganglion/matrix';
import { Sight } from './sight.js';

const ME = '@me:x';
const message = (pos: number) => ({ pos, pdu: { type: 'm.room.message' } });
const ownMember = (pos: number) => ({ pos, pdu: { type: 'm.room.member', state_key: ME } });

function sight(visibility: [number, HistoryVisibility][], membership: [number, Membership][]): Sight {
  const since = <T>(changes: [number, T][]) => changes.map(([pos, value]) => ({ pos, value }));
  return new Sight({ userId: ME, visibility: since(visibility), membership: since(membership) });
}

describe('what a member sees of the time before the join', () => {
  const invitedAt10JoinedAt20 = (visibility: HistoryVisibility) =>
    sight(
      [[1, visibility]],
      [
        [10, 'invite'],
        [20, 'join'],
      ],
    );

  it.each<[string, HistoryVisibility, number, boolean]>([
    ['CLI-113 joined, before the join', 'joined', 15, false],
    ['CLI-114 shared, before the join', 'shared', 5, true],
    ['CLI-115 invited, after the invite', 'invited', 15, true],
    ['CLI-115 invited, before the invite', 'invited', 5, false],
    ['joined, after the join', 'joined', 25, true],
  ])('%s', (_, visibility, pos, expected) => {
    expect(invitedAt10JoinedAt20(visibility).sees(message(pos))).toBe(expected);
  });

  it('CLI-117 keeps hidden what was sent under a closed history, whatever is decided later', () => {
    const opened = sight(
      [
        [1, 'joined'],
        [10, 'shared'],
      ],
      [[20, 'join']],
    );
    expect(opened.sees(message(5))).toBe(false);
    expect(opened.sees(message(15))).toBe(true);
  });
});

describe('what somebody sees who has left', () => {
  const left = sight(
    [[1, 'shared']],
    [
      [5, 'join'],
      [10, 'leave'],
    ],
  );

  it('CLI-068 everything up to the own departure and nothing later', () => {
    expect(left.sees(message(9))).toBe(true);
    expect(left.sees(ownMember(10))).toBe(true);
    expect(left.sees(message(11))).toBe(false);
  });

  it('CLI-142 the own removal, also under a closed history', () => {
    const kicked = sight(
      [[1, 'joined']],
      [
        [5, 'join'],
        [10, 'leave'],
      ],
    );
    expect(kicked.sees(ownMember(10))).toBe(true);
  });
});

it('CLI-116 lets everybody see what the world may read', () => {
  expect(sight([[1, 'world_readable']], []).sees(message(5))).toBe(true);
  expect(sight([[1, 'shared']], []).sees(message(5))).toBe(false);
});

it('takes a room without a word about it for shared', () => {
  expect(sight([], [[5, 'join']]).sees(message(2))).toBe(true);
});
