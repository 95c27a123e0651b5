import type { EventRecord } from '../core/read-model/event-record.js';
import { TimelineWalk } from './timeline.js';

/** Only what a walk looks at. */
const record = (pos: number) => ({ pos, roomId: '!r:x' }) as EventRecord;

/** A room with an event at every position up to `newest`; walks it to the end. */
function walk(window: { after: number; upTo: number }, limit: number, shown = (_pos: number) => true, rounds = 5) {
  const walking = new TimelineWalk({ roomId: '!r:x', ...window }, limit, ({ pos }) => shown(pos));
  for (let round = 0; round < rounds && !walking.done; round++) {
    const { after, upTo, limit: max } = walking.next();
    const length = Math.min(max, upTo - after);
    walking.take(Array.from({ length }, (_, i) => record(upTo - i)));
  }
  const { events, ...rest } = walking.result();
  return { positions: events.map(({ pos }) => pos), ...rest };
}

describe('the timeline of a window', () => {
  it('holds everything, oldest first, when it fits', () => {
    expect(walk({ after: 10, upTo: 13 }, 10)).toEqual({
      positions: [11, 12, 13],
      limited: false,
      startsAt: 10,
      prevBatch: 10,
    });
  });

  it('CLI-135 holds the newest when there are more than the limit', () => {
    expect(walk({ after: 0, upTo: 15 }, 10)).toMatchObject({
      positions: [6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
      limited: true,
      prevBatch: 5,
    });
  });

  it('is not limited when exactly the limit fits', () => {
    expect(walk({ after: 5, upTo: 15 }, 10)).toMatchObject({ limited: false, prevBatch: 5 });
  });

  it('goes on past what may not be shown', () => {
    expect(walk({ after: 0, upTo: 20 }, 2, (pos) => pos % 5 === 0)).toMatchObject({
      positions: [15, 20],
      limited: true,
      prevBatch: 14,
    });
  });

  it('is not limited by what may not be shown', () => {
    expect(walk({ after: 0, upTo: 8 }, 2, (pos) => pos >= 7)).toMatchObject({ positions: [7, 8], limited: false });
  });

  it('CLI-136 holds nothing for a limit of 0, and says whether that left anything out', () => {
    expect(walk({ after: 5, upTo: 8 }, 0)).toEqual({ positions: [], limited: true, startsAt: 8, prevBatch: 8 });
    expect(walk({ after: 8, upTo: 8 }, 0)).toEqual({ positions: [], limited: false, startsAt: 8, prevBatch: 8 });
  });

  it('starts where its window starts when nothing in it may be shown', () => {
    expect(walk({ after: 5, upTo: 8 }, 10, () => false)).toEqual({
      positions: [],
      limited: false,
      startsAt: 8,
      prevBatch: 5,
    });
  });

  it('says it may lack something when it was broken off', () => {
    expect(walk({ after: 0, upTo: 100 }, 2, () => false)).toMatchObject({ positions: [], limited: true });
  });
});
