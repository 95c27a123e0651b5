import { ConfigError, loadConfig, processEnvironment, type Config } from '@ganglion/config';
import { makeIds, systemClock } from '@ganglion/kernel';
import { createLogger, startTracing, tracing } from '@ganglion/observability';
import type { RunningService } from './definition.js';
import { GANGLION_VERSION } from './schema-version/build.js';
import { SchemaRefused } from './schema-version/schema-version.errors.js';

/**
 * A process's `main`: reads the configuration, begins tracing if that is asked for, starts, tells the supervisor (if it has one) that it is ready, stops in good order on SIGTERM,
 * SIGINT, or when the supervisor is gone. A bad configuration is one readable message, not a stack.
 * @param name  of the process: its service, or `single`
 */
export async function runMain(
  name: string,
  start: (overrides: { config: Config }) => Promise<RunningService | RunningService[]>,
): Promise<void> {
  let running: RunningService[] | null = null;
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    // Before it is ready there is nothing to drain.
    if (!running) process.exit(0);
    stopAll(running).then(
      () => process.exit(),
      (error: unknown) => fail(error),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.once('disconnect', stop);
  try {
    const config = loadConfig(processEnvironment());
    await trace(name, config);
    running = [await start({ config })].flat();
  } catch (error) {
    fail(error);
    return;
  }
  for (const { name: service, failed } of running) {
    void failed?.then((reason) => {
      process.stderr.write(`${service} cannot go on: ${messageOf(reason)}\n`);
      process.exitCode = 1;
      stop();
    });
  }
  const [first] = running;
  const url = running.find((service) => service.url)?.url;
  process.send?.({ type: 'ready', healthPort: first?.healthPort, ...(url ? { url } : {}) });
}

async function trace(service: string, { server, observability }: Config): Promise<void> {
  const { endpoint, sample_ratio: sampleRatio } = observability.tracing;
  await startTracing({
    service,
    instance: `${service}-${makeIds(() => systemClock.nowMs()).eventId()}`,
    version: GANGLION_VERSION,
    endpoint,
    sampleRatio,
    logger: createLogger(service, server.log_level),
    clock: systemClock,
  });
}

/** The spans of what is still answered go out, too. */
async function stopAll(running: RunningService[]): Promise<void> {
  await Promise.all(running.map((service) => service.stop()));
  await tracing()?.stop();
}

function fail(error: unknown): void {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(1);
}

function messageOf(error: unknown): string {
  const isForTheOperator = error instanceof ConfigError || error instanceof SchemaRefused;
  return isForTheOperator ? error.message : ((error as Error).stack ?? String(error));
}
