import type { FollowRecord, TokenRecord } from '../history.js';
import { roomPath, syncPath, type World } from './matrix.js';
import { sleep } from './pause.js';

const WAIT_MS = 5_000;
const PAGE = 1_000;

interface Timeline {
  events: { event_id: string }[];
  limited?: boolean;
  prev_batch?: string;
}

export interface FollowerOptions {
  name: string;
  token: TokenRecord;
  /** Most events of a room that one sync brings. */
  limit: number;
  /** When this is aborted it asks no more. */
  deadline: AbortSignal;
}

/** A client that follows its sync token wherever it leads, and fetches what a gap leaves out. */
export class Follower {
  readonly record: FollowRecord;
  private since: string | null = null;
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private readonly seen = new Set<string>();
  private waiting: (() => void)[] = [];

  constructor(
    private readonly world: World,
    private readonly options: FollowerOptions,
  ) {
    const { name, token } = options;
    this.record = { name, userId: token.userId, rooms: {}, syncs: 0, gaps: 0 };
    world.history.follows.push(this.record);
  }

  start(): void {
    this.running = this.run();
    // Whoever stops it hears of it.
    this.running.catch(() => undefined);
  }

  /** Resolves when it has seen the event, whenever that was; rejects when it has failed before. */
  async sees(eventId: string): Promise<void> {
    const sight = async () => {
      while (!this.seen.has(eventId)) await new Promise<void>((resolve) => this.waiting.push(resolve));
    };
    await Promise.race([sight(), this.running]);
    if (!this.seen.has(eventId)) throw new Error(`${this.record.name} stopped before it saw ${eventId}`);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted && !this.options.deadline.aborted) await this.turn();
  }

  private async turn(): Promise<void> {
    const { limit } = this.options;
    const filter = JSON.stringify({ room: { timeline: { limit } } });
    const query = { filter, timeout: String(WAIT_MS), ...(this.since === null ? {} : { since: this.since }) };
    const answer = await this.world.client.ask('sync', {
      method: 'GET',
      path: syncPath(query),
      token: this.options.token,
    });
    if (answer.status !== 200) return sleep(150);
    const { next_batch: next, rooms } = answer.body as { next_batch: string; rooms?: { join?: Rooms } };
    for (const [roomId, { timeline }] of Object.entries(rooms?.join ?? {})) await this.take(roomId, timeline);
    this.record.syncs++;
    this.since = next;
    for (const wake of this.waiting.splice(0)) wake();
  }

  private async take(roomId: string, timeline: Timeline): Promise<void> {
    const ids = timeline.events.map(({ event_id: id }) => id);
    // Before its first token there is nothing it could have missed.
    const missed = timeline.limited && this.since !== null ? await this.fill(roomId, timeline.prev_batch!) : [];
    for (const id of [...missed, ...ids]) this.seen.add(id);
    (this.record.rooms[roomId] ??= []).push(...missed, ...ids);
  }

  /** Pages back from where the timeline begins to where the last sync ended. @returns oldest first */
  private async fill(roomId: string, prevBatch: string): Promise<string[]> {
    this.record.gaps++;
    const missed: string[] = [];
    for (let from: string | undefined = prevBatch; from !== undefined;) {
      const query: string = String(new URLSearchParams({ dir: 'b', from, to: this.since!, limit: String(PAGE) }));
      const ask = { method: 'GET', path: roomPath(roomId, `/messages?${query}`), token: this.options.token } as const;
      const page = await this.world.client.insist('messages', ask, { signal: this.options.deadline });
      const { chunk, end } = page.body as { chunk: { event_id: string }[]; end?: string };
      missed.push(...chunk.map(({ event_id: id }) => id));
      from = end;
    }
    return missed.toReversed();
  }
}

type Rooms = Record<string, { timeline: Timeline }>;
