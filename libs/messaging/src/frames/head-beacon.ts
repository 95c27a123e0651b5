import type { LogPosition, LogService } from '@ganglion/contracts';
import { every } from '@ganglion/kernel';
import type { FrameBus } from './frame-bus.js';

/** What a beacon says. */
export interface HeadNotice {
  logId: string;
  /** Last position of the log. */
  head: number;
}

export const headSubject = (service: LogService, log: string): string => `head.${service}.${log}`;

/** Says each second how far a log has come, so that a reader notices when the last frame was lost. */
export class HeadBeacon {
  private ends: (() => void)[] = [];

  constructor(
    private readonly options: {
      bus: Pick<FrameBus, 'connected' | 'onReconnect' | 'publishJson' | 'timers'>;
      service: LogService;
      log: string;
      head: () => LogPosition;
      everyMs?: number;
    },
  ) {}

  start(): void {
    if (this.ends.length > 0) return;
    const { bus, everyMs = 1_000 } = this.options;
    this.ends = [every(bus.timers, everyMs, () => this.shine()), bus.onReconnect(() => this.shine())];
    this.shine();
  }

  stop(): void {
    for (const end of this.ends.splice(0)) end();
  }

  private shine(): void {
    const { bus, service, log, head } = this.options;
    if (!bus.connected) return;
    const { logId, pos } = head();
    const notice: HeadNotice = { logId, head: pos };
    bus.publishJson(headSubject(service, log), notice);
  }
}
