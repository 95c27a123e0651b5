import type { Membership } from '@ganglion/contracts';
import { maySee, type HistoryVisibility } from '@ganglion/matrix';

/** From `pos` on, until the next of its kind. */
export interface Since<T> {
  pos: number;
  value: T;
}

/** What decides what one reader sees of one room: how visible its history was, and what the reader was there, by position. */
export interface SightHistory {
  userId: string;
  /** Ascending. Empty: `shared` from the beginning. */
  visibility: readonly Since<HistoryVisibility>[];
  /** Ascending. Empty: never anything. */
  membership: readonly Since<Membership>[];
}

/** A reader's view of a room's history; each question is two binary searches. */
export class Sight {
  private readonly lastJoinPos: number;

  constructor(private readonly history: SightHistory) {
    this.lastJoinPos = history.membership.findLast(({ value }) => value === 'join')?.pos ?? -1;
  }

  sees(event: { pos: number; pdu: { type: string; state_key?: string } }): boolean {
    const { pos, pdu } = event;
    return maySee({
      before: this.at(pos - 1),
      after: this.at(pos),
      isOwnMembership: pdu.type === 'm.room.member' && pdu.state_key === this.history.userId,
      joinedLater: this.lastJoinPos > pos,
    });
  }

  /** The reader's membership just after the event at `pos`. */
  membershipAt(pos: number): Membership | undefined {
    return valueAt(this.history.membership, pos);
  }

  private at(pos: number) {
    return { visibility: valueAt(this.history.visibility, pos) ?? 'shared', membership: this.membershipAt(pos) };
  }
}

/** What holds at `pos`: the last that began at or before it. */
function valueAt<T>(changes: readonly Since<T>[], pos: number): T | undefined {
  let [low, high] = [0, changes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (changes[middle]!.pos <= pos) low = middle + 1;
    else high = middle;
  }
  return changes[low - 1]?.value;
}
