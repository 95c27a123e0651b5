import type { EventSink } from '@ganglion/contracts';
import { SharedReader } from './shared-reader.js';

/** A table that another process fills, and a feed that this process may run. */
function table() {
  const state = { pos: 0, asked: 0 };
  const sink = {
    name: 'test.table',
    position: async () => {
      state.asked++;
      return { logId: 'l', pos: state.pos };
    },
  } as unknown as EventSink;
  const waiting: ((error?: Error) => void)[] = [];
  const feed = {
    start: () => undefined,
    stop: () => waiting.splice(0).forEach((end) => end(new Error('stopped'))),
    settled: () => new Promise<void>((resolve, reject) => waiting.push((error) => (error ? reject(error) : resolve()))),
    lag: () => 0,
    position: () => 7,
  };
  return { state, reader: new SharedReader(sink, feed), waiting };
}
const never = new AbortController().signal;

describe('SharedReader', () => {
  it('of the leader is as far as its feed', async () => {
    const { reader, waiting, state } = table();
    await reader.lead();
    expect(reader.position()).toBe(7);
    const settled = reader.settled(9, never);
    waiting.splice(0).forEach((end) => end());
    await settled;
    expect(state.asked).toBe(0);
  });

  it('of another process sees in the database how far it has come', async () => {
    const { reader, state } = table();
    const settled = Promise.all([reader.settled(2, never), reader.settled(1, never)]);
    state.pos = 2;
    await settled;
    expect(reader.position()).toBe(2);
  });

  it('goes on waiting there when the leader has stopped leading meanwhile', async () => {
    const { reader, state } = table();
    await reader.lead();
    const settled = reader.settled(9, never);
    await reader.follow();
    state.pos = 9;
    await settled;
  });

  it('does not ask when nobody waits any more', async () => {
    const { reader, state } = table();
    const over = new AbortController();
    const settled = reader.settled(9, over.signal);
    over.abort();
    await settled;
    const { asked } = state;
    await reader.settled(0, never);
    expect(state.asked).toBeLessThanOrEqual(asked + 1);
  });
});
