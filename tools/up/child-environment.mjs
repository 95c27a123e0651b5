import { resolve } from 'node:path';
import { LOG_SERVICES } from './state.mjs';

const databaseVariable = (service) => `GANGLION_${service.toUpperCase()}__DATABASE_URL`;

/**
 * Environment of one app: the operator's, with the servers' addresses, and of the databases its own only. The
 * administrator's URL of an existing Postgres is kept from all of them.
 *
 * @param {object} options
 * @param {string} options.app  gateway, a service, or `single`, which is all of them
 * @param {Record<string, string | undefined>} options.env  the launcher's
 * @param {string} options.dataDir
 * @param {Record<string, string>} options.databaseUrls  by service
 * @param {string} options.natsUrl  with the credentials of our processes
 */
export function childEnvironment({ app, env, dataDir, databaseUrls, natsUrl }) {
  const own = LOG_SERVICES.filter((service) => app === 'single' || app === service);
  const withheld = new Set(['GANGLION_POSTGRES_URL', ...LOG_SERVICES.map(databaseVariable)]);
  const inherited = Object.entries(env).filter(([name]) => !withheld.has(name) && !name.startsWith('npm_'));
  return {
    MALLOC_ARENA_MAX: '2', // with glibc's default each process holds some ten megabytes more that it does not use
    ...Object.fromEntries(inherited),
    ...(env.GANGLION_CONFIG ? { GANGLION_CONFIG: resolve(env.GANGLION_CONFIG) } : {}),
    ...Object.fromEntries(own.map((service) => [databaseVariable(service), databaseUrls[service]])),
    GANGLION_DATA_DIR: dataDir,
    GANGLION_NATS_URL: natsUrl,
  };
}
