export type App = 'gateway' | 'auth' | 'moderation' | 'rooms' | 'appservice' | 'accounting';

/**
 * Names of what can be killed or waited for: an app, with replicas one of its instances (`rooms-1`), `single` in single
 * mode, a server, the launcher itself.
 */
export type Part = App | `${App}-${number}` | 'single' | 'postgres' | 'nats' | 'launcher';

/** Contents of run.json while a launcher runs. */
export interface RunJson {
  /** The launcher's process. */
  pid: number;
  checkout: string;
  dataDir: string;
  /** Where clients connect; absent until everything is ready. */
  url?: string;
  /** Names of all instances, ready or not. */
  instances?: string[];
  /** The instances that are ready. */
  apps?: Record<string, { app: string; pid: number; healthPort: number; url?: string; script: string }>;
  /** Unix socket on which the launcher takes requests (control.mjs). */
  control?: string;
  /** Absent when an existing server is used. */
  postgres?: { pid: number | null; port: number; adminUrl: string; urls: Record<string, string> };
  nats?: {
    /** With the credentials of our own processes. */
    url: string;
    /** Read-only, for the public streams; null when an existing server is used. */
    subscriber: { url: string; user: string; password: string } | null;
    pid?: number | null;
  };
}

export interface Restarted {
  instance: string;
  pid: number;
  /** From the signal to stop until it served again. */
  tookMs: number;
}

export interface System {
  /** Base URL for clients. */
  readonly url: string;
  readonly dataDir: string;
  /** Read anew at each access; null when nothing runs. */
  readonly runJson: RunJson | null;
  /** All that the launcher has printed. */
  readonly output: string;
  /**
   * Sends a signal, SIGKILL unless told. Returns the process it went to. A part that is frozen (SIGSTOP) counts as ready
   * until it dies; SIGCONT thaws it, and so does `stop`.
   */
  kill(part: Part, signal?: NodeJS.Signals): number;
  /** Resolves with the process id when the part is ready, in another process than `otherThanPid`. */
  untilReady(part: Part, otherThanPid?: number): Promise<number>;
  /**
   * Restarts instances, or all of the named apps, or everything; one after the other unless told.
   * Resolves when all of them serve again.
   */
  restart(names?: string[], options?: { rolling?: boolean }): Promise<Restarted[]>;
  /** Orderly stop. Resolves with the launcher's exit code when all has ended. */
  stop(): Promise<number | null>;
  /** After `stop`: removes the data folder with all that belongs to it. */
  remove(): Promise<void>;
}

export function startSystem(options: {
  checkout: string;
  dataDir?: string;
  env?: Record<string, string>;
  args?: string[];
}): Promise<System>;

export function systemEnvironment(
  own: Record<string, string | undefined>,
  wanted: Record<string, string>,
): Record<string, string | undefined>;
