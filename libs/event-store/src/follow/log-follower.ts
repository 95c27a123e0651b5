import type { EventSink } from '@ganglion/contracts';
import { LogPump, type PumpOptions } from './log-pump.js';

/**
 * Keeps a sink (a projection, a replica) up with a log of the same process. A sink that throws is halted where it is, which is
 * our bug: the batch is offered again, with growing pauses, and `report` told each time. Nothing is ever skipped.
 */
export class LogFollower {
  private readonly pump: LogPump;

  constructor(options: PumpOptions & { sink: EventSink }) {
    const { log, sink } = options;
    this.pump = new LogPump(
      {
        name: sink.name,
        begin: async () => {
          const [at, head] = [await sink.position(), await log.refreshHead()];
          // Ahead of the head: it has seen a future that a restore has undone.
          return at?.logId === log.logId && at.pos <= head ? at.pos : sink.reset(log.logId);
        },
        take: (batch) => sink.apply(batch.map(({ event }) => event)),
      },
      options,
    );
  }

  start(): void {
    this.pump.start();
  }

  stop(): Promise<void> {
    return this.pump.stop();
  }

  /** Resolves when the sink has applied everything up to `pos`. @throws Error when stopped before */
  settled(pos: number): Promise<void> {
    return this.pump.reached(pos);
  }

  position(): number {
    return this.pump.position();
  }

  /** Events committed and not yet applied. */
  lag(): number {
    return this.pump.lag();
  }
}
