import type { StoredEvent } from '@ganglion/contracts';
import { wakeOf } from './wake-of.js';

const persisted = (pos: number, roomId: string, userId: string | null = null) =>
  ({
    logId: 'L',
    pos,
    type: 'event.persisted',
    data: { roomId, membership: userId && { userId, prev: null, next: 'invite', local: true } },
  }) as unknown as StoredEvent;
const alias = (pos: number) => ({ logId: 'L', pos, type: 'alias.changed', data: {} }) as unknown as StoredEvent;

describe('the wake of a batch', () => {
  it('names each room once, and whoever was invited, joined or removed', () => {
    expect(wakeOf([persisted(1, '!a:x'), persisted(2, '!a:x', '@b:x'), persisted(3, '!c:x', '@b:x')])).toEqual({
      logId: 'L',
      from: 1,
      pos: 3,
      rooms: ['!a:x', '!c:x'],
      users: ['@b:x'],
    });
  });

  it('tells its range also when it concerns nobody, so that no gap is seen where there is none', () => {
    expect(wakeOf([alias(4), alias(5)])).toEqual({ logId: 'L', from: 4, pos: 5, rooms: [], users: [] });
    expect(wakeOf([])).toBeNull();
  });
});
