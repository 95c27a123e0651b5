import { Latch } from './latch.js';

describe('Latch', () => {
  it('remembers a raise that nobody waited for, once', async () => {
    const latch = new Latch();
    latch.raise();
    latch.raise();
    await latch.wait();
    let again = false;
    const waiting = latch.wait().then(() => (again = true));
    await Promise.resolve();
    expect(again).toBe(false);
    latch.raise();
    await waiting;
    expect(again).toBe(true);
  });
});
