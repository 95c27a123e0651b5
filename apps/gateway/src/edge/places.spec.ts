import { FixedClock } from '@ganglion/kernel';
import { Places } from './places.js';

const SLOW_MS = 1_000;
const setUp = (most = 500) => {
  const clock = new FixedClock();
  return { clock, places: new Places({ clock, most, slowMs: SLOW_MS }) };
};

/** As many at once as there are places, all answered after so long; then the window ends. */
async function fill({ clock, places }: ReturnType<typeof setUp>, tookMs: number, count = places.capacity) {
  const answers: (() => void)[] = [];
  const waiting = Array.from({ length: count }, () =>
    places.during(() => new Promise<void>((resolve) => answers.push(resolve))),
  );
  clock.advance(tookMs);
  for (const answer of answers) answer();
  await Promise.all(waiting);
  clock.advance(500);
}

describe('Places', () => {
  it('are taken while a request waits, however it ends', async () => {
    const { places } = setUp(1);
    let fail!: (error: Error) => void;
    const waiting = places.during(() => new Promise<never>((_, reject) => (fail = reject)));
    expect([places.size, places.areFree]).toEqual([1, false]);
    fail(new Error('refused'));
    await expect(waiting).rejects.toThrow('refused');
    expect([places.size, places.areFree]).toEqual([0, true]);
  });

  it('become fewer when most wait too long, but never too few, and more again when they do not', async () => {
    const system = setUp();
    const { places } = system;
    const before = places.capacity;
    await fill(system, SLOW_MS + 1);
    await fill(system, SLOW_MS + 1);
    expect(places.capacity).toBeLessThan(before);
    for (let i = 0; i < 20; i++) await fill(system, SLOW_MS + 1);
    expect(places.capacity).toBe(64);
    for (let i = 0; i < 20; i++) await fill(system, 10);
    expect(places.capacity).toBe(500);
  });

  it('do not grow because nobody needs them', async () => {
    const system = setUp();
    const before = system.places.capacity;
    for (let i = 0; i < 10; i++) await fill(system, 10, 5);
    expect(system.places.capacity).toBe(before);
  });

  it('do not grow because somebody was refused quickly', async () => {
    const { places, clock } = setUp();
    const before = places.capacity;
    for (let i = 0; i < 20; i++) {
      clock.advance(100);
      const refused = Array.from({ length: before }, () => places.during(() => Promise.reject(new Error('429'))));
      await Promise.allSettled(refused);
    }
    expect(places.capacity).toBe(before);
  });

  it('are never more than configured', async () => {
    const system = setUp(10);
    for (const tookMs of [10, 10, SLOW_MS + 1, SLOW_MS + 1, SLOW_MS + 1]) await fill(system, tookMs);
    expect(system.places.capacity).toBe(10);
  });
});
