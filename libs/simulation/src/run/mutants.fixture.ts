import { subjects, type StoredEvent } from '@ganglion/contracts';
import { advanceCursor, inTransaction, moveCursor, writeCursor } from '@ganglion/event-store';
import { FenceHolder, FenceMember, type BarrierNotice, type FenceBus, HolderState, MemberState } from '@ganglion/fence';
import { FramePlan, type Frame } from '@ganglion/messaging';
import type pg from 'pg';
import { DatabaseMembers } from '../processes/database-members.js';
import { HeardProjection } from '../processes/heard-projection.js';
import type { Schedule } from '../worlds/faults.js';
import type { WorldOptions } from '../worlds/world.js';
import { runSeed, type Outcome, type WorldName } from './run-seed.js';

/** A rule that is broken on purpose; worlds must notice it. */
export interface Mutant {
  rule: string;
  world: WorldName;
  parts?: NonNullable<WorldOptions['mutant']>;
  /** Methods that do something else as long as the mutant lives. */
  patches?: Patch[];
  /** A seed shortly before the first that shows it, where that takes long to come to; absent: 1. */
  from?: number;
  /** Faults that bring it to light; absent: as usual. */
  schedule?: Schedule;
}

type Patch = [prototype: object, method: string, instead: (this: never, ...args: never[]) => unknown];

/** Moves its position after its rows, in another transaction. */
class TwoTransactions extends HeardProjection {
  override async apply(batch: StoredEvent[]): Promise<void> {
    const at = await this.position();
    const rest = batch.filter(({ pos }) => pos > (at?.pos ?? 0));
    await inTransaction(this.pool, (tx) => this.project(tx, rest));
    await moveCursor(this.pool, this.name, batch[0]!.logId, at?.pos ?? 0, batch.at(-1)!.pos);
  }
}

/** Does not ask where it stands. */
class Trusting extends HeardProjection {
  override async apply(batch: StoredEvent[]): Promise<void> {
    const { logId, pos } = batch.at(-1)!;
    await inTransaction(this.pool, async (tx) => {
      await writeCursor(tx, this.name, { logId, pos });
      await this.project(tx, batch);
    });
  }
}

/** Begins anew without making those wait who are in the middle of something. */
class Hasty extends HeardProjection {
  override async reset(logId: string): Promise<number> {
    await inTransaction(this.pool, (tx) => this.clear(tx));
    await writeCursor(this.pool, this.name, { logId, pos: 0 });
    return 0;
  }
}

const projecting = (Made: new (pool: pg.Pool, name: string) => HeardProjection) => ({
  makeProjection: (pool: pg.Pool, name: string) => new Made(pool, name),
});

type Plan = { pos: number; kept: Map<number, Frame<StoredEvent>>; head: number; logId: string };

const FROZEN_OR_CUT: Schedule = { weights: { freeze: 5, 'cut the database off': 5 }, stretch: 4 };
const BAD_DATABASE: Schedule = {
  weights: { 'slow database': 6, 'lossy database': 2, 'cut the database off': 3, 'end sessions': 1 },
  stretch: 2,
};
const CUT_OFF: Schedule = {
  weights: { 'cut NATS off': 5, 'reset NATS': 2, 'restart NATS': 4, freeze: 2, 'unreliable messages': 2, kill: 2 },
};

export const MUTANTS: Mutant[] = [
  {
    rule: 'a projection’s position moves in the same transaction as its rows',
    world: 'a',
    parts: projecting(TwoTransactions),
  },
  { rule: 'a projection moves only from exactly where it stands', world: 'a', parts: projecting(Trusting) },
  { rule: 'a projection that begins anew locks its position first', world: 'a', parts: projecting(Hasty) },
  { rule: 'a stale epoch never appends', world: 'a', parts: { rules: { epochs: false } } },
  {
    rule: 'a hole is read from the log',
    world: 'a',
    patches: [
      [
        FramePlan.prototype,
        'next',
        function (this: Plan) {
          const [frame] = [...this.kept.values()].sort((a, b) => a.from - b.from);
          if (!frame) return { do: 'wait' };
          return { do: 'apply', events: frame.read!().filter(({ pos }) => pos > this.pos) };
        },
      ],
    ],
  },
  {
    rule: 'frames and beacons of another log are told apart',
    world: 'a',
    patches: [
      [
        FramePlan.prototype,
        'offer',
        function (this: Plan, frame: Frame<StoredEvent>) {
          this.head = Math.max(this.head, frame.to);
          if (frame.to > this.pos && frame.read) this.kept.set(frame.from, frame);
        },
      ],
      [
        FramePlan.prototype,
        'heard',
        function (this: Plan, _logId: string, head: number) {
          this.head = Math.max(this.head, head);
        },
      ],
    ],
  },
  {
    rule: 'what a relay says is out is out',
    world: 'a',
    parts: {
      tamper: ({ log, relay }) => {
        for (const { lane } of relay['lanes']) {
          const { options } = lane as unknown as { options: Lane };
          const { hand } = options;
          options.hand = async (entries, done) => {
            const { logId, pos } = entries.at(-1)!.event;
            await advanceCursor(log.pool, lane.name, { logId, pos });
            await hand(entries, done);
          };
        }
      },
    },
  },
  {
    rule: 'a batch whose fate is unknown is looked up before it is sent again',
    world: 'a',
    parts: { tamper: ({ log }) => void ((log['writer'] as unknown as { find: unknown }).find = async () => null) },
    schedule: BAD_DATABASE,
  },
  {
    rule: 'a new connection raises the epochs before it looks up what became of a batch',
    world: 'a',
    parts: { tamper: ({ log }) => void (log['writer'].ownership.reclaim = async () => undefined) },
    schedule: BAD_DATABASE,
  },
  {
    rule: 'memory is trusted only within the lease',
    world: 'a',
    parts: { tamper: ({ log }) => void (log.ownsSurely = (vshard) => log.owns(vshard)) },
    schedule: FROZEN_OR_CUT,
  },
  {
    rule: 'a holder acts only while its lease surely holds',
    world: 'b',
    parts: { holds: () => true },
    schedule: { weights: { 'cut the database off': 5, 'split NATS': 6 }, stretch: 4 },
  },
  {
    rule: 'a holder that comes new waits for members of before',
    world: 'b',
    patches: [[HolderState.prototype, 'suspect', () => undefined]],
  },
  {
    rule: 'members are known to the next holder',
    world: 'b',
    patches: [[DatabaseMembers.prototype, 'load', async () => []]],
  },
  {
    rule: 'a lease ends at the member before it ends at the holder',
    world: 'b',
    patches: [
      [
        MemberState.prototype,
        'leaseHolds',
        function (this: { serveUntilMs: number }, nowMs: number) {
          return nowMs < this.serveUntilMs + 2_000;
        },
      ],
    ],
  },
  {
    rule: 'a member acknowledges only what it has applied',
    world: 'b',
    patches: [
      [
        FenceMember.prototype,
        'barrier',
        function (this: { options: { bus: FenceBus; log: string; memberId: string } }, notice: BarrierNotice) {
          const { bus, log, memberId } = this.options;
          bus.publish(subjects.fenceAck(log), { memberId, applied: notice });
        },
      ],
    ],
  },
  {
    rule: 'a member serves only when its replica has reached the head of its lease',
    world: 'b',
    patches: [[MemberState.prototype, 'caughtUp', () => true]],
  },
  {
    rule: 'a holder that was cut off suspects everybody',
    world: 'b',
    patches: [[FenceHolder.prototype, 'suspectAll', () => undefined]],
    schedule: CUT_OFF,
  },
];

interface Lane {
  hand: (entries: { event: StoredEvent }[], done: (pos: number) => void) => Promise<void>;
}

/** Lives through seeds until one notices. @returns null: none of them does */
export async function hunt(
  { world, parts, schedule, patches = [] }: Mutant,
  from: number,
  seeds: number,
): Promise<Outcome | null> {
  const before = patches.map(([prototype, method]) => Object.getOwnPropertyDescriptor(prototype, method)!);
  for (const [prototype, method, instead] of patches)
    Object.defineProperty(prototype, method, { value: instead, configurable: true, writable: true });
  try {
    for (let seed = from; seed < from + seeds; seed++) {
      const outcome = await runSeed(world, seed, {
        ...(parts ? { mutant: parts } : {}),
        ...(schedule ? { schedule } : {}),
      });
      if (outcome.violation !== null) return outcome;
    }
    return null;
  } finally {
    patches.forEach(([prototype, method], i) => Object.defineProperty(prototype, method, before[i]!));
  }
}
