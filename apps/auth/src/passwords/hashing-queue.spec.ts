import { FixedClock } from '@ganglion/kernel';
import { HashingQueue } from './hashing-queue.js';

function hand() {
  let finish!: () => void;
  const held = new Promise<void>((resolve) => (finish = resolve));
  return { held, finish };
}

describe('the queue of hashes', () => {
  const queueOf = (maxRunning: number, maxWaiting: number, clock = new FixedClock()) =>
    new HashingQueue({ maxRunning, maxWaiting, clock });

  it('runs no more at once than it may, in the order they came', async () => {
    const queue = queueOf(1, 5);
    const first = hand();
    const order: string[] = [];
    const a = queue.run(async () => {
      await first.held;
      order.push('a');
    });
    const b = queue.run(async () => void order.push('b'));
    const c = queue.run(async () => void order.push('c'));
    expect(queue.queued).toBe(2);
    first.finish();
    await Promise.all([a, b, c]);
    expect(order).toEqual(['a', 'b', 'c']);
    expect(queue.queued).toBe(0);
  });

  it('sends away whoever comes when it is full, and says for how long', async () => {
    const clock = new FixedClock();
    const queue = queueOf(1, 1, clock);
    const first = hand();
    const running = queue.run(() => first.held);
    const waiting = queue.run(async () => 'done');
    await expect(queue.run(async () => 'never')).rejects.toMatchObject({
      code: 'HASHING_BUSY',
      kind: 'limited',
      details: { retry_after_ms: 100 },
    });
    first.finish();
    await running;
    expect(await waiting).toBe('done');
    expect(await queue.run(async () => 'room again')).toBe('room again');
  });

  it('does not hash for a client that has gone, and goes on with the next', async () => {
    const queue = queueOf(1, 5);
    const first = hand();
    const running = queue.run(() => first.held);
    let hashed = false;
    const gone = queue.run(
      async () => void (hashed = true),
      () => false,
    );
    const next = queue.run(async () => 'next');
    first.finish();
    await running;
    await expect(gone).rejects.toMatchObject({ code: 'HASHING_BUSY' });
    expect(hashed).toBe(false);
    expect(await next).toBe('next');
  });

  it('goes on after a hash that failed', async () => {
    const queue = queueOf(1, 1);
    await expect(queue.run(() => Promise.reject(new Error('out of memory')))).rejects.toThrow('out of memory');
    expect(await queue.run(async () => 1)).toBe(1);
  });
});
