import type { Logger } from '@ganglion/observability';

/** Something that one process of a service does for all of them. */
export interface LeaderWork {
  readonly name: string;
  /** Again after each `stop`. */
  start(): Promise<void> | void;
  /** Absent: what was started ends by itself. */
  stop?(): Promise<void> | void;
}

/**
 * What this process does while it leads its log. Work is started in the order in which it was registered and stopped the other
 * way round, one thing after the other. For a moment two processes may believe that they lead: one that was stopped by
 * the machine finds out when it goes on. So every work must bear a second one beside it; most are guarded by the log's epochs,
 * by cursors or by the lease itself.
 */
export class Leadership {
  /** Resolves with the reason when work could not be started: this process must end, and another one try. */
  readonly failed: Promise<unknown>;
  private fail!: (reason: unknown) => void;
  private readonly works: LeaderWork[] = [];
  private readonly running: LeaderWork[] = [];
  private wanted = false;
  private changing: Promise<void> = Promise.resolve();

  constructor(private readonly logger: Logger) {
    this.failed = new Promise((resolve) => (this.fail = resolve));
  }

  /** To be called before the process begins to own anything. */
  during(work: LeaderWork): void {
    this.works.push(work);
  }

  leads(): boolean {
    return this.wanted;
  }

  /** Returns when all work has been started or stopped accordingly. @throws what a start threw */
  set(leads: boolean): Promise<void> {
    if (leads === this.wanted) return this.changing;
    this.wanted = leads;
    this.logger.info({ leads }, leads ? 'leads the log from now on' : 'does not lead the log any more');
    this.changing = this.changing.then(() => this.change());
    this.changing.catch((error: unknown) => this.fail(error));
    return this.changing;
  }

  private async change(): Promise<void> {
    if (this.wanted) await this.startRest();
    else await this.stopAll();
  }

  private async startRest(): Promise<void> {
    for (const work of this.works.slice(this.running.length)) {
      if (!this.wanted) return;
      await work.start();
      this.running.push(work);
    }
  }

  private async stopAll(): Promise<void> {
    for (let work = this.running.pop(); work; work = this.running.pop()) {
      try {
        await work.stop?.();
      } catch (err) {
        // The others must be stopped all the same: another process is taking over.
        this.logger.error({ err, work: work.name }, 'work of the leader did not end in good order');
      }
    }
  }
}
