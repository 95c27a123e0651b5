import type { Random } from '../time/random.js';

/** Something bad that happens to a world at a time. Numbers are ms. */
export interface Fault {
  atMs: number;
  kind: FaultKind;
  /** Which of the processes that it can strike. */
  target: number;
  forMs: number;
}

export const FAULT_KINDS = [
  'kill',
  'stop',
  'freeze',
  'cut NATS off',
  'reset NATS',
  'cut the database off',
  'end sessions',
  'restart NATS',
  'split NATS',
  'delete streams',
  'restart the database',
  'slow database',
  'lossy database',
  'unreliable messages',
  'back up',
  'restore',
  'restore the reader',
  'set a clock',
  'rob',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/** How often each kind is drawn. */
export type Weights = Partial<Record<FaultKind, number>>;

/** Another schedule than usual, for tests of the simulation itself. */
export interface Schedule {
  weights: Weights;
  /** Everything lasts so many times as long. */
  stretch?: number;
}

/** A schedule that the seed determines, ascending in time. */
export function drawFaults(
  random: Random,
  weights: Weights,
  count: number,
  withinMs: number,
  stretch: number,
): Fault[] {
  const kinds = Object.entries(weights).flatMap(([kind, weight]) =>
    Array.from({ length: weight }, () => kind as FaultKind),
  );
  const faults = Array.from({ length: count }, (): Fault => ({
    atMs: Math.round(random.between(200, withinMs)),
    kind: random.oneOf(kinds),
    target: random.int(0, 1_000),
    forMs: Math.round(lasting(random) * stretch),
  }));
  return faults.sort((a, b) => a.atMs - b.atMs);
}

/** Mostly short, sometimes longer than any lease. */
function lasting(random: Random): number {
  const fate = random.next();
  if (fate < 0.5) return random.between(20, 700);
  return fate < 0.85 ? random.between(700, 3_500) : random.between(3_500, 9_000);
}

export function describeFault({ atMs, kind, target, forMs }: Fault, index: number): string {
  return `#${index} at ${atMs} ms: ${kind} (${target}), for ${forMs} ms`;
}
