import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, type Environment } from '@ganglion/config';
import type { LogService } from '@ganglion/contracts';
import { systemClock, type Clock } from '@ganglion/kernel';
import { Bus, RpcClient, ensureStreams } from '@ganglion/messaging';
import { createLogger, type LoopWatch } from '@ganglion/observability';
import { startService, type RunningService, type ServiceDefinition } from '@ganglion/service';
import { makeDatabase, testServers, uniqueName } from './servers.js';

/** Tests run on busy machines; they must not be refused for that. */
const CALM: LoopWatch = { delayMs: () => 0, utilisation: () => 0 };

/** A place on the test servers that nobody else uses: a deployment of its own on NATS, and a caller in it. */
export class TestDeployment {
  private readonly running: { service: RunningService; drop(): Promise<void> }[] = [];

  private constructor(
    readonly name: string,
    readonly bus: Bus,
    readonly rpc: RpcClient,
    private readonly dataDir: string,
  ) {}

  static async open(): Promise<TestDeployment> {
    const name = uniqueName();
    const bus = await Bus.connect({ url: testServers().natsUrl, prefix: name, name: 'test', report: () => undefined });
    await ensureStreams(bus, { replicas: 1 });
    const rpc = new RpcClient({ bus, clock: systemClock });
    return new TestDeployment(name, bus, rpc, mkdtempSync(join(tmpdir(), 'ganglion-test-')));
  }

  /** Starts a real service on a database of its own. Warnings and errors of it are shown. */
  async start(
    definition: ServiceDefinition,
    options: { env?: Environment; clock?: Clock; loop?: LoopWatch; processes?: number } = {},
  ): Promise<RunningService> {
    const { env = {}, clock, loop = CALM, processes } = options;
    const { url, drop } = await makeDatabase();
    const service = await startProcesses(
      () =>
        startService(definition, {
          config: this.config(definition.name as LogService, url, env),
          logger: createLogger(definition.name, 'error'),
          loop,
          ...(clock ? { clock } : {}),
        }),
      processes,
    );
    this.running.push({ service, drop });
    return service;
  }

  config(service: LogService, databaseUrl: string, env: Environment = {}) {
    return loadConfig({
      GANGLION_PROFILE: 'test',
      GANGLION_SERVER_NAME: 'test',
      GANGLION_NATS_URL: testServers().natsUrl,
      GANGLION_SERVER__DEPLOYMENT: this.name,
      GANGLION_DATA_DIR: this.dataDir,
      [`GANGLION_${service.toUpperCase()}__DATABASE_URL`]: databaseUrl,
      ...env,
    });
  }

  async close(): Promise<void> {
    for (const { service, drop } of this.running.reverse()) {
      await service.stop();
      await drop();
    }
    const manager = await this.bus.jsm();
    for await (const { config } of manager.streams.list()) {
      if (config.name.startsWith(this.name)) await manager.streams.delete(config.name);
    }
    await this.bus.close();
    rmSync(this.dataDir, { recursive: true });
  }
}

/** As every deployment has them: what holds for one process alone, or for one after the other, is not enough. */
const PROCESSES = Number(process.env['GANGLION_TEST_PROCESSES'] ?? 2);

/** Several processes of a service on one database, stopped together. */
export async function startProcesses(start: () => Promise<RunningService>, count = PROCESSES): Promise<RunningService> {
  const processes: RunningService[] = [];
  for (let i = 0; i < count; i++) processes.push(await start());
  return {
    ...processes[0]!,
    stop: async () => {
      for (const one of processes) await one.stop();
    },
  };
}
