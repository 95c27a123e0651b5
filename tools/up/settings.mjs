import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { dataFolder, LOG_SERVICES } from './state.mjs';
import { parseListen } from './ports.mjs';
import { Problem } from './problem.mjs';

/**
 * What the launcher itself needs of the configuration: from the environment, else from the file named by
 * `GANGLION_CONFIG`, else the default. The rest is for the apps, which read and check it themselves.
 *
 * @param {{ checkout: string, env: Record<string, string | undefined> }} options
 * @returns {{ dataDir: string, listen: string, logLevel: string | undefined, existing: {
 *   postgresUrl?: string, natsUrl?: string, databaseUrls: Record<string, string>, deployment?: string } }}
 */
export function readSettings({ checkout, env }) {
  const file = configFile({ checkout, env });
  const pick = (variable, section, key) => env[variable] || file[section]?.[key] || undefined;
  const databaseUrls = LOG_SERVICES.map((service) => [
    service,
    pick(`GANGLION_${service.toUpperCase()}__DATABASE_URL`, service, 'database_url'),
  ]).filter(([, url]) => url !== undefined);
  const listen = pick('GANGLION_LISTEN', 'server', 'listen') ?? '127.0.0.1:8008';
  parseListen(listen);
  return {
    dataDir: dataFolder(checkout, pick('GANGLION_DATA_DIR', 'server', 'data_dir')),
    listen,
    logLevel: pick('GANGLION_LOG_LEVEL', 'server', 'log_level'),
    existing: {
      postgresUrl: pick('GANGLION_POSTGRES_URL', 'postgres', 'url'),
      natsUrl: pick('GANGLION_NATS_URL', 'nats', 'url'),
      databaseUrls: Object.fromEntries(databaseUrls),
      deployment: pick('GANGLION_SERVER__DEPLOYMENT', 'server', 'deployment'),
    },
  };
}

/** `yaml` is a dependency of the project; it is looked up late, because the launcher may have to install it first. */
function configFile({ checkout, env }) {
  if (!env.GANGLION_CONFIG) return {};
  const path = resolve(env.GANGLION_CONFIG);
  try {
    const { parse } = createRequire(join(checkout, 'package.json'))('yaml');
    return parse(readFileSync(path, 'utf8'), { maxAliasCount: 20 }) ?? {};
  } catch (error) {
    throw new Problem(`GANGLION_CONFIG names ${path}, which cannot be read: ${error.message.split('\n')[0]}`);
  }
}
