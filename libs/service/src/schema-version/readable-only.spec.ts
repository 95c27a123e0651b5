import type { EventSink, StoredEvent } from '@ganglion/contracts';
import { NewerEvent } from '@ganglion/event-store';
import { readableOnly } from './readable-only.js';

const event = (pos: number, type: string, v: number) => ({ logId: 'l', pos, type, v }) as StoredEvent;

describe('a reader of another service’s log', () => {
  let applied: number[];
  const sink: EventSink = {
    name: 'test.reader',
    position: async () => ({ logId: 'l', pos: applied.at(-1) ?? 0 }),
    reset: async () => 0,
    apply: async (batch) => void applied.push(...batch.map(({ pos }) => pos)),
  };
  beforeEach(() => (applied = []));

  it('takes what it knows, and types it has never heard of', async () => {
    await readableOnly('auth', sink).apply([event(1, 'token.issued', 1), event(2, 'token.dreamt_of', 1)]);
    expect(applied).toEqual([1, 2]);
  });

  it('stands still before a payload that is newer than it knows, having applied what came before', async () => {
    const reader = readableOnly('auth', sink);
    const batch = [event(1, 'token.issued', 1), event(2, 'token.issued', 2), event(3, 'token.issued', 1)];
    await expect(reader.apply(batch)).rejects.toThrow(NewerEvent);
    expect(applied).toEqual([1]);
    await expect(reader.apply(batch.slice(1))).rejects.toThrow(NewerEvent);
    expect(applied).toEqual([1]);
    expect(await reader.position()).toEqual({ logId: 'l', pos: 1 });
  });
});
