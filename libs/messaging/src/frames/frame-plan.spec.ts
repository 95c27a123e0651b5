import fc from 'fast-check';
import { FramePlan, type Frame } from './frame-plan.js';

interface E {
  pos: number;
}

const frame = (from: number, to: number, more: Partial<Frame<E>> = {}): Frame<E> => ({
  logId: 'log',
  from,
  to,
  sizeBytes: 100,
  read: () => Array.from({ length: to - from + 1 }, (_, i) => ({ pos: from + i })),
  ...more,
});
const positions = (step: ReturnType<FramePlan<E>['next']>) =>
  step.do === 'apply' ? step.events.map(({ pos }) => pos) : step.do;

describe('FramePlan', () => {
  it('applies what follows', () => {
    const plan = new FramePlan<E>('log', 5);
    plan.offer(frame(6, 8));
    expect(positions(plan.next(500))).toEqual([6, 7, 8]);
    plan.moveTo(8);
    expect(plan.next(500)).toEqual({ do: 'wait' });
  });

  it('drops what is past and takes the new part of what overlaps', () => {
    const plan = new FramePlan<E>('log', 5);
    plan.offer(frame(4, 5));
    expect(plan.next(500)).toEqual({ do: 'wait' });
    plan.offer(frame(4, 7));
    expect(positions(plan.next(500))).toEqual([6, 7]);
  });

  it('reads a hole from the log and then goes on with what came early', () => {
    const plan = new FramePlan<E>('log', 5);
    plan.offer(frame(8, 9));
    expect(plan.next(500)).toEqual({ do: 'read' });
    plan.moveTo(7);
    expect(positions(plan.next(500))).toEqual([8, 9]);
  });

  it('puts frames together, up to the most the sink takes', () => {
    const plan = new FramePlan<E>('log', 0);
    for (const [from, to] of [
      [3, 4],
      [1, 2],
      [5, 9],
    ])
      plan.offer(frame(from!, to!));
    expect(positions(plan.next(500))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(positions(plan.next(6))).toEqual([1, 2, 3, 4, 5, 6]);
    plan.moveTo(6);
    expect(positions(plan.next(6))).toEqual([7, 8, 9]);
  });

  it('gives the same again until told that it was applied', () => {
    const plan = new FramePlan<E>('log', 0);
    plan.offer(frame(1, 2));
    expect(plan.next(500)).toEqual(plan.next(500));
  });

  it('goes back when less was applied than believed', () => {
    const plan = new FramePlan<E>('log', 0);
    plan.offer(frame(1, 4));
    plan.moveTo(4);
    plan.moveTo(2);
    expect(plan.next(500)).toEqual({ do: 'read' });
  });

  it('reads from the log what was announced without its events', () => {
    const plan = new FramePlan<E>('log', 0);
    plan.offer(frame(1, 1, { read: null }));
    expect(plan.next(500)).toEqual({ do: 'read' });
  });

  it('reads from the log what it knows of only by hearsay', () => {
    const plan = new FramePlan<E>('log', 3);
    plan.heard('log', 2);
    expect(plan.next(500)).toEqual({ do: 'wait' });
    plan.heard('log', 4);
    expect(plan.next(500)).toEqual({ do: 'read' });
  });

  it.each([
    ['cannot be read', () => []],
    ['holds fewer events than it says', () => [{ pos: 1 }]],
    ['holds others than it says', () => [{ pos: 2 }, { pos: 3 }]],
  ])('treats a frame that %s as missing', (_, read) => {
    const plan = new FramePlan<E>('log', 0);
    plan.offer(frame(1, 2, { read }));
    expect(plan.next(500)).toEqual({ do: 'read' });
    plan.offer(frame(1, 2));
    expect(positions(plan.next(500))).toEqual([1, 2]);
  });

  it('never applies a frame of another log, and says once that there was one', () => {
    const plan = new FramePlan<E>('log', 0);
    plan.offer(frame(1, 2, { logId: 'other' }));
    expect(plan.next(500)).toEqual({ do: 'wait' });
    expect([plan.takeForeign(), plan.takeForeign()]).toEqual([true, false]);
    plan.heard('other', 9);
    expect([plan.takeForeign(), plan.next(500)]).toEqual([true, { do: 'wait' }]);
  });

  it('keeps no more than it may, whatever arrives, and loses nothing by it', () => {
    const plan = new FramePlan<E>('log', 0);
    let reads = 0;
    const mib = 1_024 * 1_024;
    for (let pos = 2; pos < 100; pos++) {
      plan.offer(frame(pos, pos, { sizeBytes: mib, read: () => [{ pos: (reads++, pos) }] }));
    }
    plan.moveTo(1);
    expect(positions(plan.next(500))).toHaveLength(32);
    expect(reads).toBe(32);
    plan.moveTo(33);
    expect(plan.next(500)).toEqual({ do: 'read' });
  });
});

/** What may happen to a reader, in any order. */
type Happening =
  | { happens: 'frame'; nth: number }
  | { happens: 'cut anew'; from: number; length: number }
  | { happens: 'step'; max: number }
  | { happens: 'sink fails' }
  | { happens: 'beacon'; behind: number }
  | { happens: 'stranger'; from: number };

const LENGTH = 60;
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ happens: fc.constant('frame' as const), nth: fc.nat(20) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      happens: fc.constant('cut anew' as const),
      from: fc.integer({ min: 1, max: LENGTH }),
      length: fc.nat(9),
    }),
  },
  { weight: 5, arbitrary: fc.record({ happens: fc.constant('step' as const), max: fc.integer({ min: 1, max: 9 }) }) },
  { weight: 1, arbitrary: fc.constant({ happens: 'sink fails' as const }) },
  { weight: 1, arbitrary: fc.record({ happens: fc.constant('beacon' as const), behind: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ happens: fc.constant('stranger' as const), from: fc.nat(LENGTH) }) },
);

/** A reader with its log and its sink; does what `FrameConsumer` does, without NATS. */
class Reader {
  readonly plan = new FramePlan<E>('log', 0);
  readonly applied: number[] = [];
  readonly frames: Frame<E>[] = [];

  constructor(sizes: number[]) {
    for (const size of sizes) this.frames.push(frame(this.head + 1, this.head + size));
  }

  get head(): number {
    return this.frames.at(-1)?.to ?? 0;
  }

  step(max: number, sinkFails = false): 'wait' | 'apply' | 'read' {
    const next = this.plan.next(max);
    if (next.do === 'wait' || sinkFails) return next.do;
    const from = this.plan.position + 1;
    const events = next.do === 'apply' ? next.events : frame(from, Math.min(from + max - 1, this.head)).read!();
    expect(events.length).toBeLessThanOrEqual(max);
    this.applied.push(...events.map(({ pos }) => pos));
    this.plan.moveTo(this.applied.at(-1)!);
    return next.do;
  }

  happen(one: Happening): void {
    const { plan, frames, head } = this;
    switch (one.happens) {
      case 'frame':
        return plan.offer(frames[one.nth % frames.length]!);
      case 'cut anew':
        return one.from <= head ? plan.offer(frame(one.from, Math.min(head, one.from + one.length))) : undefined;
      case 'step':
        return void this.step(one.max);
      case 'sink fails':
        return void this.step(5, true);
      case 'beacon':
        return plan.heard('log', Math.max(0, head - one.behind));
      case 'stranger':
        return plan.offer(frame(one.from + 1, one.from + 3, { logId: 'other' }));
    }
  }
}

describe('whatever happens to the frames', () => {
  it('each event is applied once, in order, and in the end all of them', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(sizes, fc.array(happening, { maxLength: 80 }), (frameSizes, script) => {
        const reader = new Reader(frameSizes);
        for (const one of script) reader.happen(one);
        reader.plan.heard('log', reader.head);
        while (reader.step(4) !== 'wait');
        expect(reader.applied).toEqual(Array.from({ length: reader.head }, (_, i) => i + 1));
      }),
      { numRuns: 500 },
    );
  });
});
