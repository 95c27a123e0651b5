import type { Timers } from '@ganglion/kernel';
import type { Route } from '@ganglion/contracts';
import { refuse } from '../gateway.errors.js';
import type { Places } from './places.js';

/** Asked by machines that decide whether to send anybody here: an answer that is refused would make it worse. */
const OPERATIONAL = new Set(['live', 'ready', 'metrics']);
const SHORTEST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 3_000;
/**
 * So long the answer is held back, for clients that come again at once: answering them would take the time of those who were
 * let in. It costs nothing but their connection.
 */
const HOLD_MS = 500;
/** Prime to the range, so that waits come evenly spread in whatever order. */
const STEP_MS = 701;

export type Pressure = 'event loop' | 'in flight';

/**
 * Turns requests away while there is more to do than can be done in time: before anything is done for them, and nobody who
 * was let in. Those turned away are told different times to come again, so that they do not come together.
 */
export class Admission {
  readonly refused: Record<Pressure, number> = { 'event loop': 0, 'in flight': 0 };
  private waitMs = SHORTEST_WAIT_MS;

  constructor(
    private readonly load: {
      /** The process is late with everything. */
      overloaded: () => boolean;
      /** Of those who wait for a service; parked long polls and those whose body still comes need none. */
      places: Places;
      timers: Timers;
    },
  ) {}

  /**
   * On arrival.
   * @param isLocal  answered on the spot, without a service
   * @returns null: come in; else a promise that is rejected with OVERLOADED in a while
   */
  refuses({ name }: Route, isLocal: boolean): Promise<never> | null {
    if (isOperational(name)) return null;
    if (this.load.overloaded()) return this.refuse('event loop');
    return isLocal || this.load.places.areFree ? null : this.refuse('in flight');
  }

  /** Its turn to ask a service: many may have arrived before the first of them got so far. @throws OVERLOADED */
  during<T>(work: () => Promise<T>): Promise<T> {
    const { places } = this.load;
    return places.areFree ? places.during(work) : this.refuse('in flight');
  }

  private refuse(pressure: Pressure): Promise<never> {
    this.refused[pressure]++;
    this.waitMs += STEP_MS;
    if (this.waitMs > LONGEST_WAIT_MS) this.waitMs -= LONGEST_WAIT_MS - SHORTEST_WAIT_MS;
    const refusal = refuse('OVERLOADED', { retry_after_ms: this.waitMs });
    return new Promise((_, reject) => void this.load.timers.after(HOLD_MS, () => reject(refusal)));
  }
}

export function isOperational(routeName: string): boolean {
  return OPERATIONAL.has(routeName);
}
