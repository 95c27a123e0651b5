import { Refusal } from '@ganglion/kernel';
import { LiveRequests, type LiveRequest } from './live-requests.js';

const refusal = new Refusal('X', 'unauthenticated', 'gone');

/** A request of `userIds` that may go on until `revoked` is set. */
class Request implements LiveRequest {
  revoked = false;
  readonly cuts: Refusal[] = [];
  constructor(
    readonly userIds: string[],
    readonly tokenHash: string,
  ) {}
  refusal = () => (this.revoked ? refusal : null);
  cut = (why: Refusal) => void this.cuts.push(why);
}

describe('LiveRequests', () => {
  it('cuts off those of a token or user that may not go on, with what a new call would get', () => {
    const live = new LiveRequests();
    const [a, b] = [new Request(['@a:test'], 'hash-a'), new Request(['@b:test'], 'hash-b')];
    live.add(a);
    live.add(b);
    a.revoked = b.revoked = true;
    live.recheck({ tokenHash: 'hash-a' });
    expect([a.cuts, b.cuts]).toEqual([[refusal], []]);
    live.recheck({ userId: '@b:test' });
    expect(b.cuts).toEqual([refusal]);
    expect(live.cutTotal).toBe(2);
  });

  it('finds a puppet’s request by its owner too', () => {
    const live = new LiveRequests();
    const puppet = new Request(['@b:test', '@admin:test'], 'h');
    live.add(puppet);
    puppet.revoked = true;
    live.recheck({ userId: '@admin:test' });
    expect(puppet.cuts).toHaveLength(1);
  });

  it('leaves alone whoever may go on, and whoever has been answered', () => {
    const live = new LiveRequests();
    const [stays, gone] = [new Request(['@a:test'], 'h1'), new Request(['@a:test'], 'h2')];
    live.add(stays);
    live.add(gone)();
    gone.revoked = true;
    live.recheck({ userId: '@a:test' });
    expect([stays.cuts, gone.cuts]).toEqual([[], []]);
    expect(live.size).toBe(1);
  });
});
