import { routes } from '@ganglion/contracts';
import { vshardOf } from '@ganglion/kernel';
import { requester } from '@ganglion/testing';
import { shardFor } from './shard.js';

const request = { params: { roomId: '!r:test' }, requester: requester('@a:test'), body: { room: '!b:test' } };

describe('shardFor', () => {
  it('is that of the path parameter, the requester or the body field', () => {
    expect(shardFor(routes.sendEvent, request, 0)).toBe(vshardOf('!r:test'));
    expect(shardFor(routes.logout, request, 0)).toBe(vshardOf('@a:test'));
    expect(shardFor({ ...routes.sendEvent, shardBy: { body: 'room' } }, request, 0)).toBe(vshardOf('!b:test'));
  });

  it('goes round where any will do', () => {
    expect([0, 63, 64].map((n) => shardFor(routes.createRoom, request, n))).toEqual([0, 63, 0]);
  });

  it('finds out a table that asks for what the route does not demand', () => {
    expect(() => shardFor(routes.logout, { ...request, requester: null }, 0)).toThrow('logout');
  });
});
