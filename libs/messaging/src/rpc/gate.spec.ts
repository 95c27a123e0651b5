import { Gate } from './gate.js';

describe('Gate', () => {
  it('starts what fits, keeps a few waiting in their order, refuses the rest', () => {
    const started: number[] = [];
    const gate = new Gate(2, 2);
    const entered = [1, 2, 3, 4, 5].map((n) => gate.enter(() => started.push(n)));
    expect(entered).toEqual([true, true, true, true, false]);
    expect(started).toEqual([1, 2]);
    expect(gate.queued).toBe(2);
    gate.leave();
    gate.leave();
    expect(started).toEqual([1, 2, 3, 4]);
  });

  it('has room again when everything has left', () => {
    const gate = new Gate(1, 0);
    expect(gate.enter(() => undefined)).toBe(true);
    expect(gate.enter(() => undefined)).toBe(false);
    gate.leave();
    expect(gate.enter(() => undefined)).toBe(true);
  });
});
