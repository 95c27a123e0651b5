import type { LogPosition, LogService } from '@ganglion/contracts';
import type { Bus } from '../bus/bus.js';

/** What a beacon says. */
export interface HeadNotice {
  logId: string;
  /** Last position of the log. */
  head: number;
}

export const headSubject = (service: LogService, log: string): string => `head.${service}.${log}`;

/** Says each second how far a log has come, so that a reader notices when the last frame was lost. */
export class HeadBeacon {
  private timer: NodeJS.Timeout | null = null;
  private ends: (() => void) | null = null;

  constructor(
    private readonly options: {
      bus: Bus;
      service: LogService;
      log: string;
      head: () => LogPosition;
      everyMs?: number;
    },
  ) {}

  start(): void {
    if (this.timer) return;
    const { bus, everyMs = 1_000 } = this.options;
    this.timer = setInterval(() => this.shine(), everyMs);
    this.ends = bus.onReconnect(() => this.shine());
    this.shine();
  }

  stop(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
    this.ends?.();
  }

  private shine(): void {
    const { bus, service, log, head } = this.options;
    if (!bus.connected) return;
    const { logId, pos } = head();
    const notice: HeadNotice = { logId, head: pos };
    bus.publishJson(headSubject(service, log), notice);
  }
}
