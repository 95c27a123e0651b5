import { setTimeout as delay } from 'node:timers/promises';
import { http } from './http.js';

export interface Probe {
  name: string;
  token?: string;
  /** The nth. */
  request: (n: number) => { method: 'GET' | 'PUT' | 'POST' | 'DELETE'; path: string; body?: unknown };
}

export interface ProbeAnswer {
  status: number;
  retryAfter: string | null;
  eventId: string | undefined;
  /** What a refusal says; empty where there is none. */
  problem: string;
  startedMs: number;
  endedMs: number;
}

const PAUSE_MS = 20;
const AFTER_BREAK_MS = 50;
const PATIENCE_MS = 500;

/**
 * Small requests, each kind in a loop of its own, and every answer in the order in which they came. One that gets no answer, as
 * when a process dies with it, does not keep the next from being asked.
 */
export class SteadyLoad {
  readonly answers: ReadonlyMap<string, ProbeAnswer[]>;
  private readonly running: Promise<void>[];
  private stopped = false;

  constructor(
    private readonly url: string,
    probes: readonly Probe[],
  ) {
    this.answers = new Map(probes.map(({ name }) => [name, []]));
    this.running = probes.map((probe) => this.run(probe, this.answers.get(probe.name)!));
  }

  /** Waits until each kind succeeded so many times more, so that a fault hits a system at work. */
  async more(count: number): Promise<void> {
    const done = (): number[] => [...this.answers.values()].map((all) => all.filter(isSuccess).length);
    const goals = done().map((n) => n + count);
    while (!this.stopped && done().some((n, i) => n < goals[i]!)) await pause(PAUSE_MS);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.running);
  }

  /** Other answers than success, and how often: `{ 'rooms 3: 503 …': 2 }`. */
  failures(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const [name, all] of this.answers) {
      for (const { status, problem } of all.filter((answer) => !isSuccess(answer))) {
        const failure = `${name}: ${status} ${problem}`;
        counts[failure] = (counts[failure] ?? 0) + 1;
      }
    }
    return counts;
  }

  /** Times of at least `leastMs`, from `fromMs` on, for which a kind of request did not succeed. */
  gaps(fromMs: number, leastMs: number): { name: string; ms: number }[] {
    const all = [...this.answers].flatMap(([name, answers]) => {
      const ends = answers
        .filter((answer) => isSuccess(answer) && answer.endedMs > fromMs)
        .map(({ endedMs }) => endedMs);
      return ends.map((ms, i) => ({ name, ms: Math.round(ms - (ends[i - 1] ?? fromMs)) }));
    });
    return all.filter(({ ms }) => ms >= leastMs);
  }

  private async run(probe: Probe, answers: ProbeAnswer[]): Promise<void> {
    const open = new Set<Promise<void>>();
    for (let n = 0; !this.stopped; n++) {
      const asked = this.ask(probe, n).then((answer) => {
        answers.push(answer);
        open.delete(asked);
      });
      open.add(asked);
      await Promise.race([asked, pause(PATIENCE_MS)]);
      await pause(answers.at(-1)?.status === 0 ? AFTER_BREAK_MS : PAUSE_MS);
    }
    await Promise.all(open);
  }

  private async ask({ token, request }: Probe, n: number): Promise<ProbeAnswer> {
    const startedMs = performance.now();
    const { method, path, body } = request(n);
    const given = { ...(token === undefined ? {} : { token }), ...(body === undefined ? {} : { body }) };
    try {
      const answer = await http(this.url, method, path, given);
      const eventId = answer.body['event_id'] as string | undefined;
      const retryAfter = answer.headers.get('retry-after');
      const problem = (answer.body['error'] as string | undefined) ?? '';
      return { status: answer.status, eventId, retryAfter, problem, startedMs, endedMs: performance.now() };
    } catch (error) {
      // The gateway itself was gone: fetch says so like this, with an error of another realm than Jest's. Anything else is a
      // mistake of ours.
      if ((error as Error).message !== 'fetch failed') throw error;
      return {
        status: 0,
        eventId: undefined,
        retryAfter: null,
        problem: 'no answer',
        startedMs,
        endedMs: performance.now(),
      };
    }
  }
}

export const isSuccess = ({ status }: ProbeAnswer): boolean => status === 200;

/** The pace of a client; nothing is waited for by it. */
const pause = (ms: number): Promise<void> => delay(ms);
