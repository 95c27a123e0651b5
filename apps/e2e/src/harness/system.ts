import { createServer, type AddressInfo } from 'node:net';
import { ChildScript } from './child-process.js';

interface RunJson {
  nats: { url: string; subscriber: { url: string } };
  postgres: { adminUrl: string; urls: Record<string, string> };
  apps: Record<string, { pid: number }>;
}

/** A whole system, started as `npm start` does, on a data folder of its own. */
export class TestSystem {
  private stopping: Promise<number> | undefined;

  private constructor(
    private readonly script: ChildScript,
    readonly url: string,
    readonly dataDir: string,
  ) {}

  static async start(env: Record<string, string> = {}, args: string[] = []): Promise<TestSystem> {
    const script = new ChildScript('system.mjs');
    // A fixed port: a gateway that is started again must be where it was.
    const defaults = { GANGLION_PROFILE: 'test', GANGLION_LISTEN: `127.0.0.1:${await freePort()}` };
    const given = { env: { ...defaults, ...env }, args };
    const { url, dataDir } = await script.call<{ url: string; dataDir: string }>('start', given);
    return new TestSystem(script, url, dataDir);
  }

  run(): Promise<RunJson> {
    return this.script.call('run');
  }

  /** What the launcher and, from warnings on, the services have printed. */
  output(): Promise<string> {
    return this.script.call('output');
  }

  /** @returns the pid it had */
  kill(name: string, signal = 'SIGKILL'): Promise<number> {
    return this.script.call('kill', { name, signal });
  }

  untilReady(name: string, otherThanPid: number): Promise<number> {
    return this.script.call('untilReady', { name, otherThanPid });
  }

  /** The second time as the first. @returns the launcher's exit code */
  stop(): Promise<number> {
    this.stopping ??= this.script.call<number>('stop').finally(() => this.script.stop());
    return this.stopping;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
