import { subjects, type StoredEvent } from '@ganglion/contracts';
import { Aggregates, EventLog, Relay } from '@ganglion/event-store';
import { Fence, FenceHolder, type FenceTimes } from '@ganglion/fence';
import { VSHARDS } from '@ganglion/kernel';
import {
  ensureStreams,
  FramePublisherJs,
  HeadBeacon,
  PublicEventPublisher,
  readLog,
  type LogRead,
} from '@ganglion/messaging';
import { exchangeCommits, Followers, LEADER, Leadership, ShardKeeper } from '@ganglion/service';
import { DatabaseRoute, SimPool } from '../database/connections.js';
import { SimBus } from '../network/sim-bus.js';
import { serveCalls, SimRpc } from '../network/sim-rpc.js';
import type { Life } from '../time/life.js';
import { DatabaseMembers } from './database-members.js';
import { ConnectedProcess } from './connected-process.js';
import { LOG, SERVICE, silent, SNAPSHOT_SUBJECT, STREAMS_NEEDED, type Exit, type Site } from './site.js';
import { happen, thing, TYPES, vshardOf, type Happened, type Thing } from './thing.js';

/** Longer than any member can go on serving; as `makeFence` has it. */
const SPARE_MS = 5_000;
const DRAIN_MS = 2_000;

/** What there is before its parts are put together. */
interface Made {
  life: Life;
  site: Site;
  log: EventLog;
  bus: SimBus;
  route: DatabaseRoute;
  pool: SimPool;
}

/**
 * One process of the service that has the log, put together as `startService` does it: the same parts in the same order, without
 * what answers HTTP and RPC.
 */
export class ServiceProcess extends ConnectedProcess {
  /** Virtual shards for which it takes commands. */
  serving: ReadonlySet<number> = new Set();
  ready = false;
  private readonly things: Aggregates<Thing, Happened>;
  private readonly leadership = new Leadership(silent);
  private readonly fence: Fence | null;
  private readonly ends: (() => void)[] = [];
  private readonly followers: Followers;
  private readonly keeper: ShardKeeper;

  readonly log: EventLog;
  private readonly site: Site;
  private readonly pool: SimPool;

  private constructor(made: Made, exit: Exit) {
    const { life, site, log, bus, pool } = made;
    super(life, bus, made.route);
    ({ site: this.site, log: this.log, pool: this.pool } = made);
    this.things = new Aggregates<Thing, Happened>({ log, decider: thing, streamOf: (id) => `thing-${id}`, vshardOf });
    this.followers = new Followers({ service: SERVICE, log, bus, rpc: new SimRpc(bus), logger: silent });
    this.followers.followOwn(site.parts.makeProjection(pool.asPool(), 'auth.heard'));
    this.fence = site.fence && this.makeFence(site.fence);
    this.keeper = new ShardKeeper({
      log,
      instance: life.name,
      sharding: site.sharding,
      bus,
      leadership: this.leadership,
      serve: async (owned) => void (this.serving = owned),
      logger: silent,
    });
    void this.leadership.failed.then(exit);
  }

  static async start(life: Life, site: Site, exit: Exit): Promise<ServiceProcess> {
    const bus = new SimBus(life, site.nats);
    await bus.connect();
    const route = new DatabaseRoute(life, site.database);
    const pool = new SimPool(route);
    const log = await EventLog.open({
      pool: pool.asPool(),
      connect: async () => (await route.open()).asClient(),
      service: SERVICE,
      log: LOG,
      types: TYPES,
      clock: life.clock,
      ids: life.ids,
      timers: life.timers,
      holder: life.name,
      report: exit,
    });
    const made = new ServiceProcess({ life, site, log, bus, route, pool }, exit);
    await made.begin();
    return made;
  }

  /** A command about one thing. @returns what was appended; with a fence: when it is in force everywhere */
  private async handle(id: string, payload: string): Promise<StoredEvent[]> {
    const meta = { actor: 'client', correlationId: payload };
    const { events, pos } = await this.things.handle(id, (state) => happen(state, payload), meta);
    await this.fence?.barrier(pos);
    return events;
  }

  /**
   * A command comes over NATS, and its answer goes back there: that whoever is cut off can tell nobody what he has decided is
   * what the fence relies on.
   * @param back  runs where the question came from; never, when the way is cut
   * @returns false: it is not connected
   */
  command(id: string, payload: string, back: (answer: StoredEvent[] | { error: unknown }) => void): boolean {
    const { link } = this.bus;
    if (!link?.open) return false;
    const answer = (what: StoredEvent[] | { error: unknown }) => this.bus.link?.send(() => back(what));
    link.toClient('a command', () => {
      this.handle(id, payload).then(answer, (error: unknown) => answer({ error }));
    });
    return true;
  }

  /** How often something has happened to a thing, as any process of the service may be asked. @param back  null: it cannot say */
  question(id: string, back: (count: number | null) => void): void {
    this.bus.link?.toClient('a question', () => {
      const answer = (count: number | null) => this.bus.link?.send(() => back(count));
      this.things.state(id).then(
        ({ count }) => answer(count),
        () => answer(null),
      );
    });
  }

  /** Version of a thing that it would answer from memory alone; undefined: none. */
  peek(id: string): number | undefined {
    return this.things.peek(id)?.count;
  }

  leads(): boolean {
    return this.leadership.leads();
  }

  /** Takes everything by force, as somebody does who does not believe in leases. */
  async rob(): Promise<void> {
    await this.log.claim([...Array.from({ length: VSHARDS }, (_, vshard) => vshard), LEADER], { leaseMs: 3_000 });
  }

  async stop(): Promise<void> {
    this.ready = false;
    await this.keeper.stop();
    for (const end of this.ends) end();
    await this.followers.stopLocal();
    await this.log.close();
  }

  private async begin(): Promise<void> {
    const { bus, log, leadership, keeper, followers, life, site } = this;
    await ensureStreams(bus, { replicas: 1 }, STREAMS_NEEDED);
    const relay = this.makeRelay();
    site.parts.tamper({ log, relay });
    const head = () => ({ logId: log.logId, pos: log.head() });
    const beacon = new HeadBeacon({ bus, service: SERVICE, log: LOG, head });
    leadership.during({ name: 'relay', start: () => relay.start(), stop: () => this.drain(relay) });
    leadership.during({ name: 'beacon', start: () => beacon.start(), stop: () => beacon.stop() });
    const { fence } = this;
    if (fence) leadership.during({ name: 'fence', start: () => fence.hold(), stop: () => fence.release() });
    leadership.during(followers);
    this.ends.push(
      serveCalls(bus, subjects.logRead(SERVICE, LOG), SERVICE, async (body) => {
        const reply = await readLog(log, body as LogRead);
        site.audit.counts.readByOthers += reply.events.length;
        return reply;
      }),
      serveCalls(bus, SNAPSHOT_SUBJECT, SERVICE, () => this.snapshot()),
      exchangeCommits(log, life.name, bus, () => keeper.others()),
      log.onCommitted((batch) => site.audit.heardOf(life.name, batch)),
    );
    await keeper.start();
    await followers.startLocal();
    this.ready = true;
  }

  private makeRelay(): Relay {
    const { bus, log, site } = this;
    const frames = new FramePublisherJs(bus, SERVICE, LOG);
    const publisher = new PublicEventPublisher(bus);
    return new Relay({
      log,
      timers: bus.timers,
      report: () => undefined,
      frames: {
        publish: async (frame) => {
          await frames.publish(frame);
          site.audit.published('frames', frame.logId, frame.from, frame.to);
        },
      },
      publish: async (event) => {
        await publisher.publish(`auth.thing.happened.${event.pos}`, event.id, event.data);
        site.audit.published('public', event.logId, event.pos, event.pos);
      },
    });
  }

  private makeFence(times: FenceTimes): Fence {
    const { bus, log, life, pool, site } = this;
    let terms = 0;
    return new Fence({
      bus,
      log: LOG,
      logId: log.logId,
      clock: life.clock,
      timers: life.timers,
      patienceMs: times.leaseMs + times.marginMs + times.writerAbsentGraceMs + SPARE_MS,
      makeHolder: () =>
        new FenceHolder({
          bus,
          log: LOG,
          holderId: `${life.name}/${++terms}`,
          head: () => ({ logId: log.logId, pos: log.head() }),
          holds: () => site.parts.holds(log),
          store: new DatabaseMembers(pool, log),
          clock: life.clock,
          timers: life.timers,
          times,
          logger: silent,
        }),
    });
  }

  /** What has been committed goes out before the next one leads, if it can. */
  private async drain(relay: Relay): Promise<void> {
    const late = new Promise<void>((resolve) => this.life.timers.after(DRAIN_MS, resolve));
    await Promise.race([late, relay.drained(this.log.head()).catch(() => undefined)]);
    await relay.stop();
  }

  /** All rows with their position, from one look at the database. */
  private async snapshot(): Promise<object> {
    const { rows } = await this.pool.query({ name: 'heard_read', text: 'select from heard', values: ['auth.heard'] });
    const { heard, at } = rows[0] as { heard: unknown[]; at: { logId: string; pos: number } | null };
    return { logId: at?.logId ?? '', pos: at?.pos ?? 0, rows: heard };
  }
}
