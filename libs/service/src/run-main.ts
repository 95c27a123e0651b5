import { ConfigError } from '@ganglion/config';
import type { RunningService } from './definition.js';

/**
 * A process's `main`: starts, tells the supervisor (if it has one) that it is ready, stops in good order on SIGTERM,
 * SIGINT, or when the supervisor is gone. A bad configuration is one readable message, not a stack.
 */
export async function runMain(start: () => Promise<RunningService | RunningService[]>): Promise<void> {
  let running: RunningService[] | null = null;
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    // Before it is ready there is nothing to drain.
    if (!running) process.exit(0);
    Promise.all(running.map((service) => service.stop())).then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.once('disconnect', stop);
  try {
    running = [await start()].flat();
  } catch (error) {
    fail(error);
    return;
  }
  for (const { name, lost } of running) {
    void lost?.then(() => {
      process.stderr.write(`Another process has taken over ${name}; this one stops.\n`);
      stop();
    });
  }
  const [first] = running;
  const url = running.find((service) => service.url)?.url;
  process.send?.({ type: 'ready', healthPort: first?.healthPort, ...(url ? { url } : {}) });
}

function fail(error: unknown): void {
  process.stderr.write(`${error instanceof ConfigError ? error.message : ((error as Error).stack ?? String(error))}\n`);
  process.exit(1);
}
