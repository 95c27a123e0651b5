import { READER } from '../processes/reader-process.js';
import { THINGS } from '../processes/thing.js';
import { Random } from '../time/random.js';
import { drawFaults, type Schedule, type Weights } from './faults.js';
import { World, type WorldOptions } from './world.js';

const WEIGHTS: Weights = {
  kill: 6,
  stop: 2,
  freeze: 5,
  'cut NATS off': 3,
  'reset NATS': 2,
  'cut the database off': 3,
  'end sessions': 2,
  'restart NATS': 3,
  'split NATS': 2,
  'delete streams': 2,
  'restart the database': 3,
  'slow database': 3,
  'lossy database': 4,
  'unreliable messages': 5,
  'back up': 4,
  restore: 5,
  'restore the reader': 1,
  'set a clock': 1,
  rob: 2,
};

/** What a seed of the log's world is like */
export function logWorldOptions(seed: number, schedule: Schedule = { weights: WEIGHTS }): WorldOptions {
  const random = new Random(seed, 'log world');
  const { weights, stretch = 1 } = schedule;
  const activeMs = random.int(5_000, 9_000);
  const services = random.int(2, 4);
  return {
    seed,
    services,
    readers: random.int(1, 3),
    replicas: 1,
    callers: random.int(2, 5),
    sharding: random.chance(0.6) ? 'spread' : 'leader',
    fence: null,
    faults: drawFaults(random.of('faults'), weights, random.int(3, 12), activeMs, stretch),
    activeMs,
    healMs: 90_000,
    giveUpMs: random.oneOf([1_500, 4_000, 12_000]),
  };
}

/** Log, relay, broker and readers: whatever happens, every reader ends with the log's events, each once and in order. */
export class LogWorld extends World {
  protected override looked(): void {
    this.memoryIsNotBehindOthers();
  }

  /** Before anything else runs in it a request may, that has waited. */
  protected override thawed(): void {
    this.memoryIsNotBehindOthers();
  }

  protected unsettled(): string {
    const { tables } = this.database;
    const { logId, head } = tables;
    const there = (name: string, at: { logId: string; pos: number } | undefined | null): string[] =>
      at?.logId === logId && at.pos === head ? [] : [`${name} is at ${at?.logId}:${at?.pos} of ${logId}:${head}`];
    return [
      ...this.slots
        .filter(({ process }) => !process)
        .map(({ name, reason }) => `${name} does not run (${String(reason)})`),
      ...(this.lastDone ? [] : ['the last commands are not done']),
      ...(this.callers.busy > 0 ? [`${this.callers.busy} clients wait`] : []),
      ...there('the projection of the service', tables.cursors.get('auth.heard')),
      ...there('the projection of the reader', this.readerDatabase.tables.cursors.get(READER)),
      ...there('the relay of frames', tables.cursors.get('relay.auth.frames')),
      ...there('the public relay', tables.cursors.get('relay.auth.public')),
      ...this.replicas.flatMap(({ name, replica }) => (replica ? there(name, replica.replica.applied()) : [])),
    ].join('; ');
  }

  protected verdict(): void {
    const { tables } = this.database;
    this.audit.keepsPromises(tables);
    this.audit.allPublished(tables);
    this.audit.equalsLog('the projection of the service', tables.heard, tables);
    this.audit.equalsLog('the projection of the reader', this.readerDatabase.tables.heard, tables);
    for (const { name, replica } of this.replicas)
      if (replica) this.audit.equalsLog(name, replica.replica.rows, tables);
  }

  /** A process that would answer from memory without asking knows everything that others have written. */
  private memoryIsNotBehindOthers(): void {
    if (!this.leasesCount()) return;
    for (const { service } of this.services) {
      if (!service || !service.life.alive || service.life.frozen || service.log.logId !== this.database.tables.logId)
        continue;
      for (let thing = 0; thing < THINGS; thing++) {
        const ver = service.peek(String(thing));
        if (ver === undefined) continue;
        const others = this.audit.othersVersion(service.log.logId, `thing-${thing}`, service.life.name);
        if (others > ver)
          this.fail(`${service.life.name} would show thing-${thing} at v${ver}, others have written v${others}`);
      }
    }
  }
}
