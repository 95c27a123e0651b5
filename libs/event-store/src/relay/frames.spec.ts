import fc from 'fast-check';
import type { LogEntry } from '../log/entry.js';
import { frames, MAX_FRAME_BYTES } from './frames.js';

const entries = (sizes: number[], types: string[] = ['a.done']): LogEntry[] =>
  sizes.map((size, i) => {
    const event = { logId: 'id', pos: i + 5, type: types[i % types.length]!, data: { text: 'ü'.repeat(size) } };
    return { event, json: JSON.stringify(event) } as unknown as LogEntry;
  });

describe('frames', () => {
  it('carry every event once, in order, within the limit unless one event alone is bigger', () =>
    fc.assert(
      fc.property(fc.array(fc.nat(200), { minLength: 1 }), fc.integer({ min: 100, max: 600 }), (sizes, maxBytes) => {
        const all = entries(sizes);
        const made = [...frames(all, maxBytes)];
        const events = made.flatMap(({ body }) => (JSON.parse(body.toString()) as { events: unknown[] }).events);
        expect(events).toEqual(all.map(({ event }) => event));
        expect(made.map(({ from }) => from)).toEqual([5, ...made.slice(0, -1).map(({ to }) => to + 1)]);
        expect(made.at(-1)!.to).toBe(4 + sizes.length);
        for (const { body, from, to } of made) expect(body.length <= maxBytes || from === to).toBe(true);
      }),
    ));

  it('are no more than needed, and name each type once', () => {
    expect([...frames(entries([1, 1, 1], ['a.done', 'b.done']))]).toMatchObject([
      { logId: 'id', from: 5, to: 7, types: ['a.done', 'b.done'] },
    ]);
    expect([...frames(entries([MAX_FRAME_BYTES, 1]))].map(({ from, to }) => [from, to])).toEqual([
      [5, 5],
      [6, 6],
    ]);
    expect([...frames([])]).toEqual([]);
  });
});
