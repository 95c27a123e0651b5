import { ReaderProcess } from '../processes/reader-process.js';
import { ReplicaProcess } from '../processes/replica-process.js';
import { ServiceProcess } from '../processes/service-process.js';
import type { Process, Site } from '../processes/site.js';
import { Life, type Surroundings } from '../time/life.js';
import type { Random } from '../time/random.js';

export type Kind = 'service' | 'reader' | 'replica';

const RESTART_MS = [100, 900] as const;
/** Clocks of two machines differ so much in speed at most. */
const DRIFT = 0.0002;

/** A place where the supervisor keeps one process running, one life after the other. */
export class Slot {
  life: Life | null = null;
  /** Of the life that runs; null while it starts. */
  process: Process | null = null;
  lives = 0;
  /** The last reason why a life ended by itself. */
  reason: unknown = null;
  private cancelRestart: () => void = () => undefined;

  constructor(
    readonly name: string,
    readonly kind: Kind,
    private readonly parts: {
      site: Site;
      around: Surroundings;
      random: Random;
      onExit: (slot: Slot, reason: unknown) => void;
    },
  ) {}

  get service(): ServiceProcess | null {
    return this.process instanceof ServiceProcess ? this.process : null;
  }

  get replica(): ReplicaProcess | null {
    return this.process instanceof ReplicaProcess ? this.process : null;
  }

  start(): void {
    if (this.life?.alive) return;
    this.cancelRestart();
    const { around, random } = this.parts;
    const name = `${this.name}.${++this.lives}`;
    const life = new Life(name, around, random.of(name), 1 + random.between(-DRIFT, DRIFT));
    this.life = life;
    this.process = null;
    life.later(0, 'start', 'starts', () => {
      this.begin(life).then(
        (process) => {
          if (this.life === life && life.alive) this.process = process;
        },
        (reason: unknown) => this.exit(life, reason),
      );
    });
  }

  /** kill -9, and the supervisor starts it anew. */
  kill(restartAfterMs: number): void {
    this.life?.kill();
    this.process = null;
    this.cancelRestart();
    this.cancelRestart = this.parts.around.scheduler.after(restartAfterMs, () => this.start());
  }

  /** SIGTERM; killed if it takes too long. */
  stop(restartAfterMs: number): void {
    const { life, process } = this;
    if (!life?.alive) return;
    if (!process || life.frozen) return this.kill(restartAfterMs);
    const over = () => {
      if (this.life === life) this.kill(restartAfterMs);
    };
    life.later(0, 'signals', 'is told to stop', () => {
      void process.stop().then(over, over);
    });
    this.parts.around.scheduler.after(10_000, () => life.alive && over());
  }

  private begin(life: Life): Promise<Process> {
    const { site } = this.parts;
    const exit = (reason: unknown) => this.exit(life, reason);
    if (this.kind === 'service') return ServiceProcess.start(life, site, exit);
    return this.kind === 'reader' ? ReaderProcess.start(life, site) : ReplicaProcess.start(life, site);
  }

  private exit(life: Life, reason: unknown): void {
    if (this.life !== life || !life.alive) return;
    this.reason = reason;
    this.parts.onExit(this, reason);
    this.kill(this.parts.random.between(...RESTART_MS));
  }
}
