import fc from 'fast-check';
import { HolderState, type Barrier } from './holder-state.js';
import { MemberState } from './member-state.js';

const times = { leaseMs: 3_000, marginMs: 200, writerAbsentGraceMs: 30_000 };
const LONGEST_MS = 33_200;
const LOG = 'log-1';

describe('MemberState', () => {
  it('serves only with a lease, counted from when its renewal was sent', () => {
    const member = new MemberState(times);
    expect(member.leaseHolds(0)).toBe(false);
    member.renewed(1_000, { logId: LOG, pos: 5 });
    expect(member.leaseHolds(3_999)).toBe(true);
    expect(member.leaseHolds(4_000)).toBe(false);
  });

  it('serves only when its replica has reached what the writer had decided', () => {
    const member = new MemberState(times);
    member.renewed(0, { logId: LOG, pos: 5 });
    expect(member.caughtUp({ logId: LOG, pos: 4 })).toBe(false);
    expect(member.caughtUp({ logId: LOG, pos: 5 })).toBe(true);
    expect(member.caughtUp({ logId: 'restored', pos: 9 })).toBe(false);
  });

  it('goes on for the grace when NATS says there is no writer, but never starts so', () => {
    const fresh = new MemberState(times);
    fresh.writerAbsent(0, 0);
    expect(fresh.leaseHolds(1)).toBe(false);
    const member = new MemberState(times);
    member.renewed(0, { logId: LOG, pos: 0 });
    member.writerAbsent(1_000, 2_000);
    member.writerAbsent(19_000, 20_000);
    expect(member.leaseHolds(31_999)).toBe(true);
    expect(member.leaseHolds(32_000)).toBe(false);
  });

  it('has no grace once a question stays unanswered', () => {
    const member = new MemberState(times);
    member.renewed(0, { logId: LOG, pos: 0 });
    member.writerAbsent(500, 1_000);
    member.unanswered();
    expect(member.leaseHolds(2_999)).toBe(true);
    expect(member.leaseHolds(3_000)).toBe(false);
  });

  it('is not misled by answers that come late', () => {
    const member = new MemberState(times);
    member.renewed(2_000, { logId: LOG, pos: 7 });
    member.renewed(1_000, { logId: LOG, pos: 3 });
    expect(member.caughtUp({ logId: LOG, pos: 3 })).toBe(false);
    member.writerAbsent(1_500, 4_000);
    expect(member.leaseHolds(5_000)).toBe(false);
  });
});

describe('HolderState', () => {
  const holderWith = (members: Record<string, number>) => {
    const holder = new HolderState(times);
    for (const [id, applied] of Object.entries(members)) holder.renewed(id, applied, true, 0);
    return holder;
  };
  const settled = (holder: HolderState, barrier: Barrier, nowMs: number) => holder.settle(nowMs).includes(barrier);

  it('waits for those who may serve without the position', () => {
    const holder = holderWith({ a: 7, b: 3 });
    const barrier = holder.open(5);
    expect([...barrier.waitsFor.keys()]).toEqual(['b']);
    expect(settled(holder, barrier, 100)).toBe(false);
    holder.acknowledged('b', 5);
    expect(settled(holder, barrier, 100)).toBe(true);
  });

  it('waits for nobody when there is nobody', () => {
    const holder = holderWith({});
    expect(settled(holder, holder.open(5), 0)).toBe(true);
  });

  it('stops waiting when the lease that a silent member has is over, margin included', () => {
    const holder = holderWith({ a: 0 });
    const barrier = holder.open(1);
    expect(settled(holder, barrier, 3_199)).toBe(false);
    expect(settled(holder, barrier, 3_200)).toBe(true);
  });

  it('and does not wait for ever for one that renews and never gets further: its new lease demands the position', () => {
    const holder = holderWith({ a: 0 });
    const barrier = holder.open(1);
    for (const nowMs of [1_000, 2_000, 3_000]) holder.renewed('a', 0, true, nowMs);
    expect(settled(holder, barrier, 3_200)).toBe(true);
  });

  it('waits longer for members of an earlier life: they may be on their grace', () => {
    const holder = new HolderState(times);
    holder.suspect(['a'], 0);
    const barrier = holder.open(1);
    expect(settled(holder, barrier, LONGEST_MS - 1)).toBe(false);
    expect(settled(holder, barrier, LONGEST_MS)).toBe(true);
  });

  it('until one shows that an answer of this life has reached it; a renewal alone shows nothing', () => {
    const holder = new HolderState(times);
    holder.suspect(['a', 'b'], 0);
    holder.renewed('a', 0, false, 1_000);
    holder.renewed('b', 0, true, 1_000);
    const barrier = holder.open(1);
    expect(barrier.waitsFor).toEqual(
      new Map([
        ['a', LONGEST_MS],
        ['b', 4_200],
      ]),
    );
  });

  it('remembers members as long as a grace can last, so that it can suspect them after a broken connection', () => {
    const holder = holderWith({ a: 0 });
    expect(holder.forget(LONGEST_MS - 1)).toEqual([]);
    holder.suspect(holder.ids(), 5_000);
    expect(holder.open(1).waitsFor.get('a')).toBe(5_000 + LONGEST_MS);
  });

  it('forgets them after that', () => {
    const holder = holderWith({ a: 0 });
    expect(holder.forget(LONGEST_MS)).toEqual(['a']);
    expect(holder.ids()).toEqual([]);
  });

  it('makes open barriers wait for a grace that begins meanwhile', () => {
    const holder = holderWith({ a: 0 });
    const barrier = holder.open(1);
    holder.suspect(['a'], 3_000);
    expect(settled(holder, barrier, 3_200)).toBe(false);
    holder.left('a');
    expect(settled(holder, barrier, 3_200)).toBe(true);
  });
});

interface Message {
  member: number;
  sentAt: number;
  applied: number;
  life: number;
}

/**
 * Two members, one writer that crashes, comes back and loses NATS, a network that delays and loses: a world in memory.
 * A member that does nothing for a while is one that is frozen.
 */
class World {
  now = 0;
  head = 0;
  up = true;
  connected = true;
  /** Whether the writer has noticed that it is cut off; what it says until then reaches nobody. */
  aware = true;
  answered: number[] = [];
  holder = new HolderState(times);
  readonly disk = new Set<string>();
  readonly members = ['a', 'b'].map((id) => ({ id, state: new MemberState(times), applied: 0, life: 0 }));
  private life = 1;
  private pending = new Map<Barrier, number>();
  private requests: Message[] = [];
  private replies: (Message & { head: number | null })[] = [];

  step([op, n]: readonly [string, number]): void {
    const index = n % 2;
    const member = this.members[index]!;
    if (op === 'advance') this.now += 1 + (n % 1_500);
    else if (op === 'wait') this.now += n;
    else if (op === 'ask') {
      this.requests.push({ member: index, sentAt: this.now, applied: member.applied, life: member.life });
    } else if (op === 'arrive') this.arrive();
    else if (op === 'reply') this.reply();
    else if (op === 'lose request') this.requests.shift();
    else if (op === 'lose reply') this.loseReply();
    else if (op === 'apply') member.applied = Math.min(this.head, member.applied + 1 + (n % 3));
    else if (op === 'acknowledge' && this.reachable()) this.holder.acknowledged(member.id, member.applied);
    else if (op === 'cut member') member.state.unanswered();
    else if (op === 'cut holder' && this.reachable()) this.cutHolder(false);
    else if (op === 'stall holder' && this.reachable()) this.connected = this.aware = false;
    else if (op === 'mend holder' && this.up && !this.connected) this.cutHolder(true);
    else if (op === 'crash') this.crash();
    else if (op === 'restart' && !this.up) this.restart();
    else if (op === 'revoke' && this.up) this.pending.set(this.holder.open(++this.head), this.head);
    this.tick();
  }

  /** Everything works again, for long enough. */
  heal(): void {
    if (!this.up) this.restart();
    if (!this.connected) this.cutHolder(true);
    for (let second = 0; second < 40; second++) {
      for (const index of [0, 1]) {
        for (const op of ['ask', 'arrive', 'reply', 'apply', 'acknowledge']) this.step([op, index]);
      }
      this.step(['wait', 1_000]);
    }
  }

  get unanswered(): number {
    return this.pending.size;
  }

  private reachable(): boolean {
    return this.up && this.connected;
  }

  private arrive(): void {
    const request = this.requests.shift();
    if (!request) return;
    const { id } = this.members[request.member]!;
    if (this.reachable()) {
      this.disk.add(id);
      this.holder.renewed(id, request.applied, request.life === this.life, this.now);
    }
    this.replies.push({ ...request, life: this.life, head: this.reachable() ? this.head : null });
  }

  private reply(): void {
    const reply = this.replies.shift();
    if (!reply) return;
    const member = this.members[reply.member]!;
    // A question that took longer than a lease has failed at the member.
    if (this.now - reply.sentAt > times.leaseMs) member.state.unanswered();
    else if (reply.head === null) member.state.writerAbsent(reply.sentAt, this.now);
    else {
      member.state.renewed(reply.sentAt, { logId: LOG, pos: reply.head });
      member.life = reply.life;
    }
  }

  private loseReply(): void {
    this.replies.shift();
  }

  private cutHolder(mended: boolean): void {
    this.connected = mended;
    this.aware = true;
    this.life += 1;
    this.holder.suspect(this.holder.ids(), this.now);
  }

  private crash(): void {
    this.up = false;
    this.pending.clear();
  }

  private restart(): void {
    this.up = true;
    this.connected = this.aware = true;
    this.life += 1;
    this.holder = this.newHolder();
    this.holder.suspect(this.disk, this.now);
  }

  protected newHolder(): HolderState {
    return new HolderState(times);
  }

  private tick(): void {
    if (!this.up) return;
    for (const id of this.holder.forget(this.now)) this.disk.delete(id);
    for (const barrier of this.holder.settle(this.now)) {
      if (this.aware) this.answered.push(this.pending.get(barrier)!);
      this.pending.delete(barrier);
    }
  }

  /** Members that serve without having applied something that was already answered as in force. */
  traitors(): string[] {
    const inForce = Math.max(0, ...this.answered);
    return this.members
      .filter(({ state, applied }) => state.leaseHolds(this.now) && state.caughtUp({ logId: LOG, pos: applied }))
      .filter(({ applied }) => applied < inForce)
      .map(({ id }) => id);
  }
}

/** What happens most is written most. */
const OPERATIONS = [
  'advance,advance,advance,ask,ask,ask,arrive,arrive,arrive,reply,reply,reply,lose request,lose reply,apply,acknowledge',
  'cut member,cut holder,stall holder,mend holder,mend holder,crash,restart,restart,revoke,revoke,wait',
]
  .join(',')
  .split(',');

describe('the fence as a whole', () => {
  const operation = fc.tuple(fc.constantFrom(...OPERATIONS), fc.nat(10_000));
  const operations = fc.array(operation, { minLength: 30, maxLength: 250 });
  const runs = Number(process.env['GANGLION_TEST_FENCE_RUNS'] ?? 1_500);

  it('nobody serves without a revocation that was answered, whatever happens, and every revocation is answered', () => {
    let answered = 0;
    fc.assert(
      fc.property(operations, (steps) => {
        const world = new World();
        for (const step of steps) {
          world.step(step);
          expect(world.traitors()).toEqual([]);
        }
        world.heal();
        expect(world.unanswered).toBe(0);
        answered += world.answered.length;
      }),
      { numRuns: runs },
    );
    expect(answered).toBeGreaterThan(runs); // otherwise the property would be empty
  });

  /** Rules that were broken on purpose; the world must notice each. */
  it.each<[string, () => World]>([
    ['a lease that is used longer than it lasts', () => withMembers(CarelessMember)],
    ['a writer that trusts a renewal whose answer may be lost', () => withHolder(TrustingHolder)],
    ['a writer that forgets members after their lease', () => withHolder(ForgetfulHolder)],
    ['a writer that suspects nobody when it comes back', () => withHolder(NaiveHolder)],
  ])('notices %s', (_what, makeWorld) => {
    const found = fc.check(
      fc.property(operations, (steps) => {
        const world = makeWorld();
        return steps.every((step) => {
          world.step(step);
          return world.traitors().length === 0;
        });
      }),
      { numRuns: 60_000, seed: 7, endOnFailure: true },
    );
    expect(found.failed).toBe(true);
  });
});

class CarelessMember extends MemberState {
  override leaseHolds(nowMs: number): boolean {
    return super.leaseHolds(nowMs - 2 * times.leaseMs);
  }
}
class TrustingHolder extends HolderState {
  override renewed(id: string, applied: number, _heardUs: boolean, nowMs: number): void {
    super.renewed(id, applied, true, nowMs);
  }
}
class ForgetfulHolder extends HolderState {
  override forget(nowMs: number): string[] {
    return super.forget(nowMs + times.writerAbsentGraceMs);
  }
}
class NaiveHolder extends HolderState {
  override suspect(): void {}
}

function withMembers(Member: typeof MemberState): World {
  const world = new World();
  for (const member of world.members) member.state = new Member(times);
  return world;
}

function withHolder(Holder: typeof HolderState): World {
  return new (class extends World {
    override holder = new Holder(times);
    protected override newHolder(): HolderState {
      return new Holder(times);
    }
  })();
}
