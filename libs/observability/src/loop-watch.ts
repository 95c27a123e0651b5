import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

/** How late this process is with everything it does. */
export interface LoopWatch {
  /** Of the last half second; what overload is judged by. */
  delayMs(): number;
  /** Share of the last half second in which the event loop was busy, 0 to 1. */
  utilisation(): number;
}

const LOOK_EVERY_MS = 20;
const WINDOW_MS = 500;
/** Fewer looks say nothing: a process that was stopped and goes on has one that is late by all that time. */
const FEWEST_LOOKS = 3;

/**
 * How late the looks of a window were: the median, not the worst and not the mean. One long garbage collection, or a process
 * that was stopped for ten seconds, is no overload. Under load that the process can bear the worst look of half a second
 * was late by 20 to 110 ms, the median by less than 15; with thousands of requests at once both are late by hundreds.
 * @param looks  nanoseconds from one look to the next
 * @returns null: too few to tell
 */
export function latenessMs(looks: { count: number; percentile(percentile: number): number }): number | null {
  if (looks.count < FEWEST_LOOKS) return null;
  return Math.max(0, looks.percentile(50) / 1e6 - LOOK_EVERY_MS);
}

class ProcessLoopWatch implements LoopWatch {
  private readonly looks = monitorEventLoopDelay({ resolution: LOOK_EVERY_MS });
  private used = performance.eventLoopUtilization();
  private lastDelayMs = 0;
  private lastUtilisation = 0;

  constructor() {
    this.looks.enable();
    setInterval(() => this.sum(), WINDOW_MS).unref();
  }

  delayMs(): number {
    return this.lastDelayMs;
  }

  utilisation(): number {
    return this.lastUtilisation;
  }

  private sum(): void {
    const used = performance.eventLoopUtilization();
    this.lastUtilisation = performance.eventLoopUtilization(used, this.used).utilization;
    this.used = used;
    const delayMs = latenessMs(this.looks);
    if (delayMs === null) return;
    this.lastDelayMs = delayMs;
    this.looks.reset();
  }
}

let watch: LoopWatch | undefined;

/** Of this process; with `--single` that of every service in it. Watched from the first time somebody asks. */
export function loopWatch(): LoopWatch {
  watch ??= new ProcessLoopWatch();
  return watch;
}
