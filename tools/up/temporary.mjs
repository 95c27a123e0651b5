import { chmodSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startInfrastructure } from './infrastructure.mjs';
import { removeStateWhere } from './postgres-home.mjs';
import { removeDataFolder } from './state.mjs';

/**
 * A folder for one run of the tests or the benchmark: servers of their own and a place for temporary files.
 * @returns {{ path: string, tmp: string, dataDir: string, remove: () => Promise<void> }}
 */
export function makeWorkFolder(name) {
  const path = realpathSync(mkdtempSync(join(tmpdir(), `ganglion-${name}-`)));
  chmodSync(path, 0o711); // Postgres's user passes through when we are root
  const tmp = join(path, 'tmp');
  mkdirSync(tmp, { mode: 0o711 });
  const dataDir = join(path, 'servers');
  return {
    path,
    tmp,
    dataDir,
    async remove() {
      await removeDataFolder(dataDir);
      const isOldTest = (folder) => folder.startsWith(join(tmpdir(), 'ganglion-')) && !existsSync(folder);
      await removeStateWhere((folder) => folder.startsWith(`${path}/`) || isOldTest(folder));
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** The operator's settings must not change what a test sees; what names servers for tests stays. */
export function cleanEnvironment(env) {
  const kept = ([name]) =>
    !name.startsWith('GANGLION_') || name.startsWith('GANGLION_TEST_') || name === 'GANGLION_NATS_SERVER';
  return Object.fromEntries(Object.entries(env).filter(kept));
}

/**
 * Servers for tests, unless `GANGLION_TEST_POSTGRES_URL` and `GANGLION_TEST_NATS_URL` name some already.
 * @returns {Promise<{ environment: Record<string, string>, stop: () => Promise<void> }>}
 */
export async function startTestServers({ checkout, work, env, durable, terminal, signal }) {
  if (env.GANGLION_TEST_POSTGRES_URL && env.GANGLION_TEST_NATS_URL) return { environment: {}, stop: async () => {} };
  const { postgres, nats, stop } = await startInfrastructure({
    checkout,
    dataDir: work.dataDir,
    env,
    existing: { postgresUrl: env.GANGLION_TEST_POSTGRES_URL, natsUrl: env.GANGLION_TEST_NATS_URL },
    log: terminal.say,
    step: terminal.step,
    durable,
    signal,
  });
  const environment = {
    GANGLION_TEST_POSTGRES_URL: postgres.adminUrl,
    GANGLION_TEST_NATS_URL: nats.url,
    ...(nats.subscriber ? { GANGLION_TEST_SUBSCRIBER_NATS_URL: nats.subscriber.url } : {}),
    ...(nats.server ? { GANGLION_NATS_SERVER: nats.server } : {}),
  };
  return { environment, stop };
}
