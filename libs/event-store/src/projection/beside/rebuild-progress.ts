import type { Clock } from '@ganglion/kernel';
import type { OlderReader } from './older-readers.js';

/** `filling`: reading the log; `waiting`: for long reads of others to end; `exchanging`: the live projection stands still. */
export type RebuildState = 'preparing' | 'filling' | 'waiting' | 'exchanging' | 'done';

export interface RebuildProgress {
  state: RebuildState;
  /** What the new tables hold, and where the live ones stand. */
  position: number;
  target: number;
  eventsPerSecond: number;
  /** Null: nothing to go by yet. */
  etaMs: number | null;
  /** Whose transactions are waited for. */
  waitingFor: OlderReader[];
}

/** Speed is that of the last seconds, because a log is not equally dense everywhere. */
const SPEED_OVER_MS = 5_000;

export class ProgressMeter {
  private current: RebuildProgress = {
    state: 'preparing',
    position: 0,
    target: 0,
    eventsPerSecond: 0,
    etaMs: null,
    waitingFor: [],
  };
  private marks: { atMs: number; position: number }[] = [];

  constructor(private readonly clock: Clock) {}

  get progress(): RebuildProgress {
    return this.current;
  }

  enter(state: RebuildState, waitingFor: OlderReader[] = []): void {
    this.current = { ...this.current, state, waitingFor };
  }

  moved(position: number, target: number): void {
    const atMs = this.clock.monotonicMs();
    this.marks.push({ atMs, position });
    while (this.marks.length > 2 && this.marks[1]!.atMs < atMs - SPEED_OVER_MS) this.marks.shift();
    const [first] = this.marks;
    const elapsedMs = atMs - first!.atMs;
    const eventsPerSecond = elapsedMs > 0 ? Math.round(((position - first!.position) * 1_000) / elapsedMs) : 0;
    const etaMs = eventsPerSecond > 0 ? Math.round(((target - position) * 1_000) / eventsPerSecond) : null;
    this.current = { ...this.current, position, target, eventsPerSecond, etaMs };
  }
}
