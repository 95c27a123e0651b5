import { cutTransaction, type QueuedEvent } from './transaction.js';

const queued = (count: number, sizeBytes = 10): QueuedEvent[] =>
  Array.from({ length: count }, (_, i) => ({
    ordinal: (i + 1) * 3,
    eventId: `$${i + 1}`,
    json: JSON.stringify({ n: i + 1, pad: 'é'.repeat(sizeBytes / 2) }),
  }));
const limits = { maxEvents: 100, maxBytes: 5_000_000 };
const same = (json: string) => json;

describe('cutting a transaction', () => {
  it('AS-100 puts one event in and nothing else', () => {
    const { body, eventIds, throughOrdinal } = cutTransaction(queued(1), limits, same);
    expect(JSON.parse(body.toString())).toEqual({ events: [{ n: 1, pad: 'ééééé' }] });
    expect([eventIds, throughOrdinal]).toEqual([['$1'], 3]);
  });

  it('AS-103 AS-129 takes a hundred at most, in order', () => {
    const { body, eventIds, throughOrdinal } = cutTransaction(queued(250), limits, same);
    const { events } = JSON.parse(body.toString()) as { events: { n: number }[] };
    expect(events.map(({ n }) => n)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    expect([eventIds.length, throughOrdinal]).toEqual([100, 300]);
  });

  it('AS-125 stays within the limit of bytes', () => {
    const maxBytes = 1_048_576;
    let left = queued(40, 65_536);
    const seen: string[] = [];
    while (left.length > 0) {
      const cut = cutTransaction(left, { maxEvents: 100, maxBytes }, same);
      expect(cut.body.length).toBeLessThanOrEqual(maxBytes);
      seen.push(...cut.eventIds);
      left = left.slice(cut.eventIds.length);
    }
    expect(seen).toEqual(queued(40).map(({ eventId }) => eventId));
  });

  it('AS-125 fills the body to the very byte', () => {
    const [two, three] = [2, 3].map((n) => cutTransaction(queued(n), limits, same).body.length);
    expect(cutTransaction(queued(3), { maxEvents: 100, maxBytes: three! }, same).eventIds).toHaveLength(3);
    expect(cutTransaction(queued(3), { maxEvents: 100, maxBytes: three! - 1 }, same).eventIds).toHaveLength(2);
    expect(cutTransaction(queued(3), { maxEvents: 100, maxBytes: two! }, same).eventIds).toHaveLength(2);
  });

  it('always takes one event, however large', () => {
    expect(cutTransaction(queued(2, 5_000), { maxEvents: 100, maxBytes: 100 }, same).eventIds).toEqual(['$1']);
  });
});
