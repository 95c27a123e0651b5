import type { Requester, SyncAnswer, SyncQuery } from '@ganglion/contracts';
import { vshardOf, type Clock } from '@ganglion/kernel';
import type { RpcClient } from '@ganglion/messaging';
import { json, type Answer } from '../edge/answer.js';
import type { ClientCall } from '../edge/client-call.js';
import type { LastWrites } from '../forward/last-writes.js';
import { refuse } from '../gateway.errors.js';
import { syncParamsOf } from './sync-params.query.js';
import { Turns } from './turns.js';
import type { WakeBook } from './wake-book.js';

/** Computations asked of rooms at once; a wake of a large room would otherwise be refused as an overload. */
const MAX_COMPUTATIONS = 64;
/** Between two looks when the answer is older than the wake that asked for it. */
const LAG_MS = 100;

type Awakening = 'woken' | 'time is up' | 'stopping';

/**
 * `/sync`: rooms computes, the request waits here. Asks the `sync` of rooms on arrival and after each wake that concerns
 * it; while it waits it costs nothing on the bus. Writes nothing. If this process dies the client asks again.
 */
export class Sync {
  private readonly turns = new Turns(MAX_COMPUTATIONS);
  private readonly onStop = new Set<() => void>();
  private stopping = false;

  constructor(
    private readonly parts: {
      rpc: RpcClient;
      writes: LastWrites;
      clock: Clock;
      book: WakeBook;
      maxParked: number;
      timeoutCapMs: number;
      computeTimeoutMs: number;
    },
  ) {}

  async handle({ query, requester, requestId }: ClientCall, signal: AbortSignal): Promise<Answer> {
    const { clock, book, timeoutCapMs } = this.parts;
    const { userId, deviceId } = requester as Requester;
    const { timeoutMs, ...params } = syncParamsOf(query, timeoutCapMs);
    const question: SyncQuery = { requester: { userId, deviceId }, ...params, timeoutMs };
    const untilMs = clock.monotonicMs() + timeoutMs;
    for (let lastPos = -1; ;) {
      const answer = await this.compute(question, requestId, signal);
      const leftMs = untilMs - clock.monotonicMs();
      if (!answer.empty || leftMs <= 0 || this.stopping) return json(answer.body);
      const isLate = book.recent.concern(userId, answer.rooms, answer.pos);
      if (isLate && answer.pos > lastPos) {
        lastPos = answer.pos;
        continue;
      }
      const awakening = await this.park(userId, answer.rooms, isLate ? Math.min(leftMs, LAG_MS) : leftMs, signal);
      if (awakening === 'stopping' || (awakening === 'time is up' && clock.monotonicMs() >= untilMs)) {
        return json(answer.body);
      }
    }
  }

  /** From now on nobody waits here: whoever does gets the empty answer it has. */
  drain(): void {
    this.stopping = true;
    for (const stop of this.onStop) stop();
  }

  private compute(question: SyncQuery, requestId: string, signal: AbortSignal) {
    const { rpc, writes, computeTimeoutMs } = this.parts;
    const { userId, deviceId } = question.requester;
    const minPos = writes.of(userId, 'rooms');
    const options = { requestId, signal, budgetMs: computeTimeoutMs, minPos, idempotent: true };
    const vshard = vshardOf(userId);
    return this.turns.run(`${userId} ${deviceId}`, () =>
      rpc.command<SyncAnswer>('rooms', vshard, 'sync', question, options),
    );
  }

  /** @throws TOO_MANY_PARKED, or the signal's reason */
  private park(userId: string, rooms: readonly string[], ms: number, signal: AbortSignal): Promise<Awakening> {
    const { book, maxParked } = this.parts;
    if (book.parked.size >= maxParked) throw refuse('TOO_MANY_PARKED');
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        leave();
        this.onStop.delete(stop);
        signal.removeEventListener('abort', cut);
      };
      const rise = (awakening: Awakening) => {
        end();
        resolve(awakening);
      };
      const stop = () => rise('stopping');
      const cut = () => {
        end();
        reject(signal.reason as Error);
      };
      const timer = setTimeout(rise, ms, 'time is up');
      const leave = book.parked.add({ userId, rooms, wake: () => rise('woken') });
      this.onStop.add(stop);
      if (signal.aborted) cut();
      else signal.addEventListener('abort', cut, { once: true });
    });
  }
}
