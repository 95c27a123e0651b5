import { setMaxListeners } from 'node:events';
import type { TokenRecord } from '../history.js';
import type { Bridge } from './bridge.js';
import { Follower } from './followers.js';
import { logIn, must, register, registerAdmin, roomPath, send, type World } from './matrix.js';
import { move } from './movers.js';
import { openAndClose, probe } from './sessions.js';
import { banAndLift, talk } from './suspects.js';
import { write } from './writers.js';

export const SECRET = 'the shared secret of the torture';
const SIZES = { rooms: 6, writers: 6, readers: 3, movers: 2, suspects: 2, sessions: 6, probes: 2 };
/** Events per room of a sync; who asks for few has gaps to fill. */
const TIMELINES = [100, 2, 20, 100];

/** Everybody who uses the system, and what they use it for. */
export class Population {
  private readonly stopping = new AbortController();
  private readonly late = new AbortController();
  private readonly actors: Promise<void>[] = [];
  private readonly followers: Follower[] = [];
  private writers: TokenRecord[] = [];
  private readers: TokenRecord[] = [];
  private movers: TokenRecord[] = [];
  private suspects: TokenRecord[] = [];
  private admin!: TokenRecord;
  /** The first event after everybody had joined. */
  readonly rooms: { roomId: string; first: string }[] = [];

  constructor(
    private readonly world: World,
    private readonly bridge: Bridge,
  ) {
    // Everybody listens while they pause.
    setMaxListeners(0, this.stopping.signal, this.late.signal);
  }

  /** Makes accounts and rooms, while nothing is being done to the system. */
  async settle(): Promise<void> {
    this.admin = await registerAdmin(this.world, 'root', SECRET);
    this.writers = await this.people('writer', SIZES.writers);
    this.readers = await this.people('reader', SIZES.readers);
    this.movers = await this.people('mover', SIZES.movers);
    this.suspects = await this.people('suspect', SIZES.suspects);
    const bridge = await this.ghost();
    this.rooms.push(...(await Promise.all(times(SIZES.rooms, (n) => this.inhabit(n, bridge)))));
  }

  /** A room with everybody in it. */
  private async inhabit(n: number, bridge: TokenRecord): Promise<{ roomId: string; first: string }> {
    const roomId = await this.room(this.writers[n % SIZES.writers]!);
    const join = roomPath(roomId, '/join');
    for (const token of [...this.writers, ...this.readers, ...this.suspects]) await this.post(join, token);
    await this.post(`${join}?user_id=${encodeURIComponent('@bridge_ghost:localhost')}`, bridge);
    const first = { kind: 'message', token: this.writers[0]!, roomId, key: `first-${n}` } as const;
    return { roomId, first: (await send(this.world, first)).eventIds[0]! };
  }

  start(): void {
    const { world } = this;
    const stop = this.stopping.signal;
    const deadline = this.late.signal;
    const roomIds = this.rooms.map(({ roomId }) => roomId);
    const [owner] = this.writers as [TokenRecord];
    for (const [n, token] of [...this.readers, owner].entries()) {
      this.followers.push(
        new Follower(world, { name: `the sync of ${token.userId}`, token, limit: TIMELINES[n]!, deadline }),
      );
    }
    for (const follower of this.followers) follower.start();
    const named = { roomIds, deadline };
    this.actors.push(
      ...this.writers.map((token, n) => write(world, { name: `writer-${n}`, token, ...named }, stop)),
      ...this.movers.map((token, n) => move(world, { name: `mover-${n}`, token, ...named }, stop)),
      ...this.suspects.flatMap((token, n) => {
        const suspect = { name: `suspect-${n}`, token, admin: this.admin, roomId: roomIds[n]!, deadline };
        return [talk(world, suspect, stop), banAndLift(world, suspect, stop)];
      }),
      ...times(SIZES.sessions, (n) => openAndClose(world, { name: `visitor-${n}`, ...named }, stop)),
      ...times(SIZES.probes, (n) => probe(world, { name: `probe-${n}`, ...named }, stop)),
      this.bridge.live(stop),
    );
    // Whoever waits for `stop` hears of it.
    for (const actor of this.actors) actor.catch(() => this.stopping.abort());
  }

  /** Aborted when somebody met what cannot be: then the run is over. */
  get over(): AbortSignal {
    return this.stopping.signal;
  }

  /**
   * Everybody finishes what they have begun; after `withinMs` it is given up.
   * @returns why those who could not, could not
   */
  async stop(withinMs: number): Promise<string[]> {
    this.stopping.abort();
    const timer = setTimeout(() => this.late.abort(new Error('no answer that says something')), withinMs);
    const ends = await Promise.allSettled(this.actors);
    clearTimeout(timer);
    return ends.flatMap((end) => (end.status === 'rejected' ? [(end.reason as Error).message] : []));
  }

  /** A last message in each room, and waits until everybody who reads has it. */
  async settleDown(): Promise<void> {
    for (const [n, { roomId }] of this.rooms.entries()) {
      const last = { kind: 'message', token: this.writers[0]!, roomId, key: `last-${n}` } as const;
      const { eventIds } = await send(this.world, last);
      await Promise.all([...this.followers.map((one) => one.sees(eventIds[0]!)), this.bridge.has(eventIds[0]!)]);
    }
    await Promise.all(this.followers.map((follower) => follower.stop()));
  }

  /** Also after a failure: nothing goes on. */
  abandon(): void {
    this.stopping.abort();
    this.late.abort(new Error('the run is over'));
  }

  /** Who may read all rooms. */
  witnesses(): TokenRecord[] {
    return [this.readers[0]!, this.writers[1]!];
  }

  private async people(kind: string, count: number): Promise<TokenRecord[]> {
    return await Promise.all(times(count, async (n) => logIn(this.world, await register(this.world, `${kind}-${n}`))));
  }

  private async ghost(): Promise<TokenRecord> {
    const { bridge, world } = this;
    // It was not issued by logging in, and is not in the log of sessions.
    const token = { index: -1, value: bridge.asToken, userId: '@bridge:localhost', issuedMs: 0 };
    const as: TokenRecord = { ...token, logoutStartedMs: null, deadMs: null };
    const body = { type: 'm.login.application_service', username: 'bridge_ghost' };
    const path = '/_matrix/client/v3/register';
    must(await world.client.insist('register', { method: 'POST', path, token: as, body }), 'register the ghost');
    return as;
  }

  private async room(token: TokenRecord): Promise<string> {
    const body = {
      preset: 'public_chat',
      power_level_content_override: { events: { 'org.ganglion.torture': 0 }, state_default: 0 },
    };
    return (await this.post('/_matrix/client/v3/createRoom', token, body))['room_id'] as string;
  }

  private async post(path: string, token: TokenRecord, body: object = {}): Promise<Record<string, unknown>> {
    return must(await this.world.client.insist('setup', { method: 'POST', path, token, body }), path).body;
  }
}

const times = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));
