import { routes } from '@ganglion/contracts';
import { vshardOf } from '@ganglion/kernel';
import { requester } from '@ganglion/testing';
import { shardFor } from './shard.js';

const request = { params: { roomId: '!r:test' }, requester: requester('@a:test'), body: { room: '!b:test' } };

const at = (spread: number) => ({ serverName: 'test', spread });

describe('shardFor', () => {
  it('is that of the account that a login or registration names, in whatever way', () => {
    const bodies = [
      { identifier: { type: 'm.id.user', user: 'Alice' } },
      { identifier: { type: 'm.id.user', user: '@alice:test' } },
      { user: 'alice' },
      { username: 'ALICE', auth: { session: 's' } },
    ];
    for (const body of bodies) {
      expect(shardFor(routes.login, { ...request, body }, at(3))).toBe(vshardOf('@alice:test'));
    }
    const unnamed = { ...request, body: { auth: { session: 's' } } };
    expect(shardFor(routes.register, unnamed, at(3))).toBe(vshardOf('s'));
    expect(shardFor(routes.register, { ...request, body: { auth: 7, identifier: null } }, at(3))).toBe(3);
  });

  it('is that of the path parameter, the requester or the body field', () => {
    expect(shardFor(routes.sendEvent, request, at(0))).toBe(vshardOf('!r:test'));
    expect(shardFor(routes.logout, request, at(0))).toBe(vshardOf('@a:test'));
    expect(shardFor({ ...routes.sendEvent, shardBy: { body: 'room' } }, request, at(0))).toBe(vshardOf('!b:test'));
  });

  it('goes round where any will do', () => {
    expect([0, 63, 64].map((n) => shardFor(routes.createRoom, request, at(n)))).toEqual([0, 63, 0]);
  });

  it('finds out a table that asks for what the route does not demand', () => {
    expect(() => shardFor(routes.logout, { ...request, requester: null }, at(0))).toThrow('logout');
  });
});
