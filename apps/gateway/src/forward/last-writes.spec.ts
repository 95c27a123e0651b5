import { LastWrites } from './last-writes.js';

describe('LastWrites', () => {
  it('keeps the newest of each user and service, although answers overtake each other', () => {
    const writes = new LastWrites();
    for (const pos of [5, 7, 6]) writes.wrote('@a:test', 'rooms', { logId: 'l', pos });
    writes.wrote('@a:test', 'auth', { logId: 'm', pos: 1 });
    expect(writes.of('@a:test', 'rooms')).toEqual({ logId: 'l', pos: 7 });
    expect(writes.of('@a:test', 'auth')).toEqual({ logId: 'm', pos: 1 });
    expect(writes.of('@b:test', 'rooms')).toBeUndefined();
  });

  it('begins anew with another log, however far the old one was', () => {
    const writes = new LastWrites();
    writes.wrote('@a:test', 'rooms', { logId: 'l', pos: 7 });
    writes.wrote('@a:test', 'rooms', { logId: 'restored', pos: 2 });
    expect(writes.of('@a:test', 'rooms')).toEqual({ logId: 'restored', pos: 2 });
  });
});
