import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, type Environment } from '@ganglion/config';
import type { LogService } from '@ganglion/contracts';
import { systemClock, type Clock } from '@ganglion/kernel';
import { Bus, RpcClient, ensureStreams } from '@ganglion/messaging';
import { createLogger } from '@ganglion/observability';
import { startService, type RunningService, type ServiceDefinition } from '@ganglion/service';
import { makeDatabase, testServers, uniqueName } from './servers.js';

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
    { env = {}, clock }: { env?: Environment; clock?: Clock } = {},
  ): Promise<RunningService> {
    const { url, drop } = await makeDatabase();
    const service = await startService(definition, {
      config: this.config(definition.name as LogService, url, env),
      logger: createLogger(definition.name, 'error'),
      ...(clock ? { clock } : {}),
    });
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
