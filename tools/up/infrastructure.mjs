import { LOG_SERVICES, openDataFolder } from './state.mjs';
import { ensureDatabasesOn, ensureOwnDatabases } from './databases.mjs';
import { stopLeftovers } from './leftovers.mjs';
import { openLog } from './logs.mjs';
import { findNatsServer } from './nats-binary.mjs';
import { startNats } from './nats.mjs';
import { choosePort } from './ports.mjs';
import { startPostgres } from './postgres.mjs';
import { postgresHome } from './postgres-home.mjs';
import { throwIfInterrupted } from './problem.mjs';

/**
 * @typedef {object} Infrastructure
 * @property {{ adminUrl: string | null, urls: Record<string, string>, kill(signal: NodeJS.Signals): void }} postgres
 *   `urls` by service (auth, moderation, rooms, appservice, accounting); `adminUrl` may create databases
 * @property {{ url: string, subscriber: { url: string, user: string, password: string } | null, server: string | null,
 *   kill(signal: NodeJS.Signals): void }} nats
 *   `url` carries the credentials of our processes; `subscriber.url` those of the read-only one; `server` is the program
 * @property {(patch: object) => void} publish  adds to run.json
 * @property {() => Promise<void>} stop  NATS, then Postgres; the data folder is free afterwards
 */

/**
 * Opens a data folder and brings up Postgres and NATS on it, or uses existing ones. Both are started again when they
 * die. When it fails nothing is left running.
 *
 * @param {object} options
 * @param {string} options.checkout
 * @param {string} options.dataDir
 * @param {Record<string, string | undefined>} [options.env]  GANGLION_NATS_SERVER, PATH, HOME are read
 * @param {{ postgresUrl?: string, natsUrl?: string, databaseUrls?: Record<string, string>, deployment?: string }} [options.existing]
 *   servers to use instead of starting own ones; by default what GANGLION_POSTGRES_URL and GANGLION_NATS_URL say
 * @param {(line: string) => void} [options.log]  lines for the operator
 * @param {(name: string, work: () => Promise<any>, describe?: (result: any) => string) => Promise<any>} [options.step]
 * @param {(event: { type: 'app-ready' | 'app-down', app: 'postgres' | 'nats', pid: number }) => void} [options.onEvent]
 * @param {boolean} [options.durable]  false for tests: no fsync
 * @param {AbortSignal} [options.signal]  stops what is being started
 * @param {boolean} [options.nats]  false: Postgres alone, for work on the databases of a system that does not run
 * @returns {Promise<Infrastructure>}  `nats` is null when it was not wanted
 */
export async function startInfrastructure(options) {
  const { checkout, dataDir, env = process.env, log = () => {}, durable = true, signal } = options;
  const { step = (_name, work) => work(), onEvent = () => {}, nats: wantsNats = true } = options;
  const existing = options.existing ?? { postgresUrl: env.GANGLION_POSTGRES_URL, natsUrl: env.GANGLION_NATS_URL };
  const folder = openDataFolder(dataDir);
  const stops = [() => folder.close()];
  const announce = (app, { state, pid }) => onEvent({ type: state === 'ready' ? 'app-ready' : 'app-down', app, pid });
  const context = { checkout, existing, folder, durable, signal, say: log, stops, announce };
  const stop = async () => {
    for (const each of stops.splice(0).reverse()) await each();
  };
  try {
    await stopLeftovers({
      leftover: folder.leftover,
      postgresRoot: folder.state.postgres?.root ?? folder.path('postgres'),
      say: log,
    });
    folder.publish({ pid: process.pid, checkout, dataDir });
    // First, because it is the step that may need the network.
    context.binary = existing.natsUrl || !wantsNats ? null : await findNatsServer({ dataDir, env, say: log, signal });
    const postgres = await step(
      'Postgres',
      () => bringUpPostgres(context),
      ({ about }) => about,
    );
    throwIfInterrupted(signal);
    if (!wantsNats) return { postgres, nats: null, publish: folder.publish, stop };
    const nats = await step(
      'NATS',
      () => bringUpNats(context),
      ({ about }) => about,
    );
    return { postgres, nats, publish: folder.publish, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function bringUpPostgres({ checkout, existing, folder, durable, signal, say, stops, announce }) {
  const given = existing.databaseUrls ?? {};
  if (LOG_SERVICES.every((service) => given[service])) {
    return {
      adminUrl: existing.postgresUrl ?? null,
      urls: given,
      kill() {},
      about: 'Postgres: the databases you named',
    };
  }
  if (existing.postgresUrl) {
    const urls = await ensureDatabasesOn({ checkout, url: existing.postgresUrl });
    const about = `Postgres: the one at ${new URL(existing.postgresUrl).host}`;
    return { adminUrl: existing.postgresUrl, urls: { ...urls, ...given }, kill() {}, about };
  }
  const home = postgresHome({ checkout, folder });
  if (home.notice) say(home.notice);
  const output = openLog(folder.path('logs', 'postgres.log'));
  stops.push(output.close);
  let published = {};
  const onChange = (change) => {
    folder.publish({ postgres: { ...published, pid: change.state === 'ready' ? change.pid : null } });
    announce('postgres', change);
  };
  const daemon = await onFreePort(folder, 'postgres', (port) =>
    startPostgres({
      home,
      port,
      password: folder.secrets.postgres,
      durable,
      onOutput: output.write,
      say,
      signal,
      onChange,
    }),
  );
  stops.push(daemon.stop);
  const port = folder.state.ports.postgres;
  const adminUrl = `postgres://postgres:${folder.secrets.postgres}@127.0.0.1:${port}/postgres`;
  const urls = await ensureOwnDatabases({
    checkout,
    adminUrl,
    passwords: folder.secrets.services,
    dataDir: folder.dataDir,
  });
  published = { port, adminUrl, urls: { ...urls, ...given } };
  folder.publish({ postgres: { ...published, pid: daemon.pid } });
  return { adminUrl, urls: published.urls, kill: daemon.kill, about: `Postgres on port ${port}` };
}

async function bringUpNats({ binary, existing, folder, signal, say, stops, announce }) {
  if (existing.natsUrl) {
    folder.publish({ nats: { url: existing.natsUrl, subscriber: null } });
    return { url: existing.natsUrl, subscriber: null, server: null, kill() {}, about: 'NATS: the one you named' };
  }
  const output = openLog(folder.path('logs', 'nats.log'));
  stops.push(output.close);
  const passwords = folder.secrets.nats;
  const configFile = folder.path('nats', 'nats.conf');
  const storeDir = folder.path('nats', 'jetstream');
  const urlOf = (user) => `nats://${user}:${passwords[user]}@127.0.0.1:${folder.state.ports.nats}`;
  const access = () => ({
    url: urlOf('ganglion'),
    subscriber: { url: urlOf('subscriber'), user: 'subscriber', password: passwords.subscriber },
  });
  const onChange = (change) => {
    folder.publish({ nats: { ...access(), pid: change.state === 'ready' ? change.pid : null, configFile } });
    announce('nats', change);
  };
  const daemon = await onFreePort(folder, 'nats', (port) =>
    startNats({
      binary: binary.path,
      port,
      configFile,
      storeDir,
      passwords,
      deployment: existing.deployment,
      onOutput: output.write,
      say,
      signal,
      onChange,
    }),
  );
  stops.push(daemon.stop);
  const about = `NATS ${binary.version} on port ${folder.state.ports.nats}`;
  return { ...access(), server: binary.path, kill: daemon.kill, about };
}

/** Between finding a free port and listening on it another program may take it; then another one is found. */
async function onFreePort(folder, name, start) {
  for (let attempt = 1; ; attempt += 1) {
    const ports = folder.state.ports ?? {};
    const others = Object.entries(ports).filter(([each]) => each !== name);
    const port = await choosePort(
      attempt === 1 ? ports[name] : undefined,
      others.map(([, each]) => each),
    );
    folder.remember({ ports: { ...ports, [name]: port } });
    try {
      return await start(port);
    } catch (error) {
      if (!error.portTaken || attempt === 5) throw error;
    }
  }
}
