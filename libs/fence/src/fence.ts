import { subjects, type LogPosition } from '@ganglion/contracts';
import { pause, Refusal, type Clock, type Timers } from '@ganglion/kernel';
import type { FenceBus } from './fence-bus.js';
import { HolderStopped, type FenceHolder } from './fence-holder.js';

/** What `fence.<log>.wait` is answered with; anything else, or nothing: ask again. */
interface InForce {
  inForce: true;
}

/** A question may take as long as a lease; the answer can be lost, so it is asked again rather than waited for longer. */
const ASK_MS = 4_000;
const PAUSE_MS = 100;

export interface FenceOptions {
  bus: FenceBus;
  log: string;
  logId: string;
  /** A new holder for each time that this process comes to hold the fence. */
  makeHolder: () => FenceHolder;
  clock: Clock;
  timers: Timers;
  /** Longest wait for a revocation to be in force, ms: more than any member can go on serving. */
  patienceMs: number;
}

/**
 * The fence of one log as its writers see it, of whom any number may revoke things: one of them holds it, the others ask that
 * one. Dies half-way: the revocation is committed, its caller has no answer.
 */
export class Fence {
  private holder: FenceHolder | null = null;
  private stopServing: () => void = () => undefined;

  constructor(private readonly options: FenceOptions) {}

  /** This process holds the fence from now on. */
  async hold(): Promise<void> {
    const { bus, log, logId, makeHolder } = this.options;
    const holder = makeHolder();
    await holder.start();
    this.holder = holder;
    this.stopServing = bus.serve(subjects.fenceWait(log), async (body) => {
      const asked = body as LogPosition;
      if (asked.logId !== logId) return undefined;
      try {
        await holder.barrier(asked.pos);
        return { inForce: true } satisfies InForce;
      } catch (error) {
        if (error instanceof HolderStopped) return undefined;
        throw error;
      }
    });
  }

  /** Another process holds it from now on. */
  release(): void {
    this.stopServing();
    this.holder?.stop();
    this.holder = null;
  }

  /**
   * Returns when `pos`, which is committed, is in force everywhere.
   * @throws NOT_IN_FORCE_YET (503) when nobody could say so for longer than any member can serve on what it knew
   */
  async barrier(pos: number): Promise<void> {
    const { clock, patienceMs, timers } = this.options;
    const giveUpAtMs = clock.monotonicMs() + patienceMs;
    while (!(await (this.holder ? this.here(this.holder, pos) : this.elsewhere(pos)))) {
      if (clock.monotonicMs() >= giveUpAtMs) {
        const message = 'Done, but not known to be in force everywhere yet; ask again';
        throw new Refusal('NOT_IN_FORCE_YET', 'unavailable', message);
      }
      await pause(timers, PAUSE_MS);
    }
  }

  private async here(holder: FenceHolder, pos: number): Promise<boolean> {
    try {
      await holder.barrier(pos);
      return true;
    } catch (error) {
      if (error instanceof HolderStopped) return false;
      throw error;
    }
  }

  private async elsewhere(pos: number): Promise<boolean> {
    const { bus, log, logId } = this.options;
    const body: LogPosition = { logId, pos };
    try {
      return ((await bus.ask(subjects.fenceWait(log), body, ASK_MS)) as InForce).inForce;
    } catch {
      // Nobody holds it at this moment, or the answer is late or lost: whatever it was, asking again is right.
      return false;
    }
  }
}
