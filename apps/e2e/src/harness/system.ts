import { ChildScript } from './child-process.js';

interface RunJson {
  nats: { url: string; subscriber: { url: string } };
  postgres: { adminUrl: string; urls: Record<string, string> };
  /** Names of all instances, ready or not. */
  instances: string[];
  /** Those that are ready, by name. */
  apps: Record<string, { app: string; pid: number; healthPort: number }>;
}

export interface Restarted {
  instance: string;
  pid: number;
  tookMs: number;
}

/**
 * A whole system, started as `npm start` does, on a data folder of its own.
 *
 * What can be hurt has a name: `gateway`, `auth`, `moderation`, `rooms`, `appservice`, `accounting` with one process of
 * each, `rooms-1`, `rooms-2`, … with more; `nats`, `postgres`, `launcher`. The launcher starts again whatever ends: the
 * usual test is `const pid = await system.kill('rooms-1'); await system.untilReady('rooms-1', pid)`.
 */
export class TestSystem {
  private stopping: Promise<number> | undefined;

  private constructor(
    private readonly script: ChildScript,
    /** The same socket as long as the launcher lives, whatever happens to gateways: new connections wait for one. */
    readonly url: string,
    readonly dataDir: string,
  ) {}

  /**
   * @param env  GANGLION_* of the system
   * @param args  of `npm start`, such as `--single`
   * @param replicas  processes of each app
   * @param dataDir  one that holds something already; it is removed when the system stops. A new one unless told
   */
  static async start(
    env: Record<string, string> = {},
    args: string[] = [],
    { replicas = 1, dataDir }: { replicas?: number; dataDir?: string } = {},
  ): Promise<TestSystem> {
    const script = new ChildScript('system.mjs');
    const given = {
      env: { GANGLION_PROFILE: 'test', ...env },
      args: replicas === 1 ? args : [...args, `--replicas=${replicas}`],
      dataDir,
    };
    try {
      const { url, dataDir } = await script.call<{ url: string; dataDir: string }>('start', given);
      return new TestSystem(script, url, dataDir);
    } catch (error) {
      script.stop();
      throw error;
    }
  }

  run(): Promise<RunJson> {
    return this.script.call('run');
  }

  /** What the launcher and, from warnings on, the services have printed. */
  output(): Promise<string> {
    return this.script.call('output');
  }

  /** Names of the processes of an app, whether ready or not: `['rooms-1', 'rooms-2']`, or `['rooms']` of one. */
  async instancesOf(app: string): Promise<string[]> {
    const { instances } = await this.run();
    return instances.filter((name) => name === app || name.replace(/-\d+$/, '') === app);
  }

  /**
   * Ends one process at once, or with another signal.
   * @param name  of one that runs
   * @returns the pid it had, for `untilReady`
   * @throws when it does not run now
   */
  kill(name: string, signal = 'SIGKILL'): Promise<number> {
    return this.script.call('kill', { name, signal });
  }

  /** Asks one process to end in good order (SIGTERM); returns at once. @returns the pid it had, for `untilReady` */
  stopInstance(name: string): Promise<number> {
    return this.kill(name, 'SIGTERM');
  }

  /** Stops the clock of one process (SIGSTOP): it holds what it holds and does nothing. @returns its pid */
  freeze(name: string): Promise<number> {
    return this.kill(name, 'SIGSTOP');
  }

  /** Lets a frozen process go on (SIGCONT) as if no time had passed for it. @returns its pid */
  thaw(name: string): Promise<number> {
    return this.kill(name, 'SIGCONT');
  }

  /** Resolves with its pid when `name` is ready in another process than that one; at once if it already is. */
  untilReady(name: string, otherThanPid?: number): Promise<number> {
    return this.script.call('untilReady', { name, otherThanPid });
  }

  /**
   * `ganglion restart`: in good order, one process after the other unless told, each only when the one before serves again.
   * @param names  apps or single processes; none means all
   */
  restart(names: string[] = [], { rolling = true }: { rolling?: boolean } = {}): Promise<Restarted[]> {
    return this.script.call('restart', { names, rolling });
  }

  /** Thaws what is frozen. The second time as the first. @returns the launcher's exit code */
  stop(): Promise<number> {
    this.stopping ??= this.script.call<number>('stop').finally(() => this.script.stop());
    return this.stopping;
  }
}
