import type { Life } from '../time/life.js';
import { Random } from '../time/random.js';
import { drawFaults, type Schedule, type Weights } from './faults.js';
import { World, type WorldOptions } from './world.js';

const WEIGHTS: Weights = {
  kill: 6,
  stop: 3,
  freeze: 9,
  'cut NATS off': 8,
  'reset NATS': 4,
  'cut the database off': 3,
  'end sessions': 1,
  'restart NATS': 5,
  'split NATS': 6,
  'restart the database': 2,
  'slow database': 2,
  'lossy database': 2,
  'unreliable messages': 4,
  'back up': 2,
  restore: 2,
  'set a clock': 1,
};

/** What a seed of the fence's world is like */
export function fenceWorldOptions(seed: number, schedule: Schedule = { weights: WEIGHTS }): WorldOptions {
  const random = new Random(seed, 'fence world');
  const activeMs = random.int(8_000, 25_000);
  const usual = random.oneOf([1, 1, 2, 4]);
  const { weights, stretch = usual } = schedule;
  const writerAbsentGraceMs = random.oneOf([0, 0, 4_000, 30_000]);
  // Where there is a grace there is one nats-server: its word that nobody listens must be true.
  const possible = writerAbsentGraceMs === 0 ? weights : { ...weights, 'split NATS': 0 };
  const drawn = drawFaults(random.of('faults'), possible, random.int(4, 16), activeMs, stretch);
  return {
    seed,
    services: random.int(2, 4),
    readers: 0,
    replicas: random.int(1, 4),
    callers: random.int(2, 6),
    sharding: random.chance(0.5) ? 'spread' : 'leader',
    fence: { leaseMs: 3_000, marginMs: 200, writerAbsentGraceMs },
    faults: drawn,
    activeMs,
    healMs: 150_000,
    giveUpMs: 45_000,
  };
}

/**
 * Revocations and members that serve from replicas: from the moment a revocation is answered nobody serves what it ended, and once
 * everything works again every revocation is answered.
 */
export class FenceWorld extends World {
  readonly fenceCounts = { revocations: 0, looksWhileServing: 0, heldBack: 0 };
  private inForce: { payload: string; logId: string; pos: number }[] = [];

  override counts(): Record<string, number> {
    const { revocations, looksWhileServing, heldBack } = this.fenceCounts;
    return {
      ...super.counts(),
      'revocations answered': revocations,
      'looks at a member that may serve': looksWhileServing,
      'looks at a member that may not': heldBack,
    };
  }

  protected override answered(payload: string, logId: string, pos: number): void {
    this.fenceCounts.revocations++;
    if (!this.audit.binds(logId, pos, this.database.tables.logId)) return;
    this.inForce.push({ payload, logId, pos });
    for (const { life } of this.replicas) if (life) this.stepped(life);
  }

  protected override undone(): void {
    const { logId: now } = this.database.tables;
    this.inForce = this.inForce.filter(({ logId, pos }) => this.audit.binds(logId, pos, now));
  }

  protected override stepped(life: Life): void {
    if (!life.alive || life.frozen) return;
    const replica = this.replicas.find((slot) => slot.life === life)?.replica;
    if (!replica) return;
    if (!replica.member?.mayServe()) {
      this.fenceCounts.heldBack++;
      return;
    }
    this.fenceCounts.looksWhileServing++;
    const dead = this.inForce.find(({ payload }) => replica.wouldServe(payload));
    if (dead)
      this.fail(`${life.name} serves ${dead.payload}, whose revocation at ${dead.logId}:${dead.pos} was answered`);
  }

  protected unsettled(): string {
    const { logId } = this.database.tables;
    return [
      ...this.slots
        .filter(({ process }) => !process)
        .map(({ name, reason }) => `${name} does not run (${String(reason)})`),
      ...(this.lastDone ? [] : ['the last revocations are not answered']),
      ...(this.callers.busy > 0 ? [`${this.callers.busy} revocations are not answered`] : []),
      ...this.replicas.flatMap(({ name, replica }) =>
        replica?.member?.mayServe() && replica.replica.applied().logId === logId ? [] : [`${name} does not serve`],
      ),
    ].join('; ');
  }

  protected verdict(): void {
    this.audit.keepsPromises(this.database.tables);
  }
}
