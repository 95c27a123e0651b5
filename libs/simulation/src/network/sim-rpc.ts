import { NobodyListens } from '@ganglion/fence';
import { Refusal } from '@ganglion/kernel';
import { errorBodyOf, RemoteError, statusOf, type LogAsker } from '@ganglion/messaging';
import type { SimBus } from './sim-bus.js';

type Answer = { ok: unknown } | { status: number; body: RemoteError['body'] };

const PAUSE_MS = 50;
const unavailable = () => remote(new Refusal('BUS', 'unavailable', 'The service is not available'));
const late = () => remote(new Refusal('BUS', 'timeout', 'The service did not answer in time'));
const remote = (refusal: Refusal) => new RemoteError(statusOf(refusal.kind), errorBodyOf(refusal));

/** Calls between services as `RpcClient` makes them: asked again while nobody listens, an error when the budget is used up. */
export class SimRpc implements LogAsker {
  constructor(private readonly bus: SimBus) {}

  async ask<T>(subject: string, body: unknown, options: Parameters<LogAsker['ask']>[2]): Promise<T> {
    const { clock, timers } = this.bus;
    const budgetMs = options?.budgetMs ?? 3_000;
    const giveUpAtMs = clock.monotonicMs() + budgetMs;
    for (;;) {
      const leftMs = giveUpAtMs - clock.monotonicMs();
      if (leftMs <= 0) throw unavailable();
      try {
        const answer = (await this.bus.ask(subject, body, leftMs)) as Answer;
        if ('ok' in answer) return answer.ok as T;
        throw new RemoteError(answer.status, answer.body);
      } catch (error) {
        if (error instanceof RemoteError) throw error;
        if (!(error instanceof NobodyListens)) throw late();
      }
      await new Promise<void>((resolve) => timers.after(PAUSE_MS, resolve));
    }
  }
}

/** Answers such calls. A refusal goes back as one, anything else as a bug would. */
export function serveCalls(
  bus: SimBus,
  subject: string,
  queue: string,
  work: (body: unknown) => Promise<unknown>,
): () => void {
  const answer = async (body: unknown): Promise<Answer> => {
    try {
      return { ok: await work(body) };
    } catch (error) {
      const refusal = error instanceof Refusal ? error : new Refusal('BUG', 'unavailable', String(error));
      return { status: error instanceof Refusal ? statusOf(refusal.kind) : 500, body: errorBodyOf(refusal) };
    }
  };
  return bus.serve(subject, answer, queue);
}
