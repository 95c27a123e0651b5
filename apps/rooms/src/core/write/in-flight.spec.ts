import { InFlight, InForce } from './in-flight.js';

class FakeReplica {
  pos = 0;
  private listener: () => void = () => undefined;
  applied = () => ({ logId: 'L', pos: this.pos });
  onApplied = (listener: () => void) => void (this.listener = listener);
  reach(pos: number) {
    this.pos = pos;
    this.listener();
  }
}

/** A write that ends when told to. */
function write(inFlight: InFlight) {
  let end!: () => void;
  const done = inFlight.run(() => new Promise<void>((resolve) => (end = resolve)));
  return { end, done };
}

function setUp() {
  const [replica, inFlight] = [new FakeReplica(), new InFlight()];
  const inForce = new InForce(replica, inFlight);
  const told: number[] = [];
  inForce.onApplied(() => told.push(inForce.applied().pos));
  return { replica, inFlight, inForce, told };
}

/** Lets every promise that is settled run its course. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('InForce', () => {
  it('is where the replica is while nothing is under way', () => {
    const { replica, inForce, told } = setUp();
    replica.reach(5);
    expect(inForce.applied().pos).toBe(5);
    expect(told).toEqual([5]);
  });

  it('waits for a write that was judged before', async () => {
    const { replica, inFlight, inForce, told } = setUp();
    const before = write(inFlight);
    replica.reach(5);
    await turn();
    expect(inForce.applied().pos).toBe(0);
    expect(told).toEqual([]);
    before.end();
    await before.done;
    await turn();
    expect(inForce.applied().pos).toBe(5);
    expect(told).toEqual([5]);
  });

  it('does not wait for a write that began after it', async () => {
    const { replica, inFlight, inForce } = setUp();
    const before = write(inFlight);
    replica.reach(5);
    const after = write(inFlight);
    before.end();
    await turn();
    expect(inForce.applied().pos).toBe(5);
    after.end();
    await after.done;
  });

  it('never goes back when several positions wait for different writes', async () => {
    const { replica, inFlight, inForce, told } = setUp();
    const first = write(inFlight);
    replica.reach(5);
    const second = write(inFlight);
    replica.reach(6);
    second.end();
    await turn();
    expect(told).toEqual([]);
    first.end();
    await turn();
    expect(inForce.applied().pos).toBe(6);
    expect([...told].sort((a, b) => a - b)).toEqual(told);
  });

  it('counts a write that failed as ended', async () => {
    const { replica, inFlight, inForce } = setUp();
    const failing = inFlight.run(() => Promise.reject(new Error('no')));
    replica.reach(5);
    await expect(failing).rejects.toThrow('no');
    await turn();
    expect(inForce.applied().pos).toBe(5);
  });
});
