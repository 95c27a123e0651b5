import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Config } from '@ganglion/config';
import { LOG_SERVICES, type LogService } from '@ganglion/contracts';
import { CHECKOUT, dataFolder, ProblemToSay, readRunFile } from '../place.js';

/** The databases and the folder of one deployment, wherever they are. */
export interface SystemPlace {
  urls: Record<LogService, string>;
  dataDir: string;
  /** Where it is, for messages; without passwords. */
  about: string;
  /** Somebody's launcher runs on the data folder. */
  isRunning: boolean;
  /** May databases that are missing be made through this one? Null: they are known to exist. */
  adminUrl: string | null;
  /** Stops what was started for this. */
  close(): Promise<void>;
}

export interface PlaceOptions {
  config: Config;
  /** As given on the command line. */
  dataDir?: string | undefined;
  /** Make the embedded Postgres of a new data folder, if nothing else is configured. */
  mayBeNew?: boolean;
  /** Use the databases `ganglion_<service>` of this server, whatever the configuration says. */
  into?: string | undefined;
  say: (line: string) => void;
}

/** The folder of the services' secrets: as told, else as configured, else the one of this checkout. */
export function dataFolderOf(config: Config, told?: string): string {
  if (told) return resolve(told);
  const { data_dir: configured } = config.server;
  return configured === '.ganglion' ? dataFolder() : resolve(configured);
}

/**
 * Finds the databases as the services would: each one's own URL, else those of the launcher that runs on the data folder, else
 * the configured server, else the embedded one, which is started for as long as it is needed.
 */
export async function openPlace({ config, dataDir: told, into, mayBeNew, say }: PlaceOptions): Promise<SystemPlace> {
  const dataDir = dataFolderOf(config, told);
  const run = readRunFile(dataDir);
  const at = { dataDir, isRunning: run !== null, close: async () => undefined };
  if (into) return { ...at, urls: onServer(into), adminUrl: into, about: withoutSecrets(into) };
  const adminUrl = config.postgres.url ?? null;
  const found = LOG_SERVICES.map((service) => [
    service,
    config[service].database_url ?? run?.postgres?.urls?.[service] ?? (adminUrl && onServer(adminUrl)[service]),
  ]);
  if (found.every(([, url]) => url)) {
    const urls = Object.fromEntries(found) as Record<LogService, string>;
    return { ...at, urls, adminUrl, about: withoutSecrets(urls.rooms) };
  }
  if (run) throw new ProblemToSay(`A system runs on ${dataDir}, but not its Postgres. \`ganglion status\` says more.`);
  if (!mayBeNew && !existsSync(join(dataDir, 'servers.json'))) {
    throw new ProblemToSay(
      `There is no system in ${dataDir}, and no database is configured. Name its folder with --data-dir or in ` +
        'GANGLION_DATA_DIR, or the server of its databases in GANGLION_POSTGRES_URL.',
    );
  }
  const embedded = await startEmbedded(dataDir, say);
  return {
    ...at,
    urls: embedded.urls,
    adminUrl: null,
    about: `the embedded Postgres of ${dataDir}`,
    close: embedded.stop,
  };
}

interface Launcher {
  startInfrastructure(options: object): Promise<{
    postgres: { urls: Record<LogService, string> };
    stop(): Promise<void>;
  }>;
}

/** As `npm start` does it; nobody else can start on the folder meanwhile. */
async function startEmbedded(dataDir: string, say: (line: string) => void) {
  const launcher = (await import(pathToFileURL(join(CHECKOUT, 'tools/up/infrastructure.mjs')).href)) as Launcher;
  say(`Nothing runs on ${dataDir}: starting its Postgres for this.`);
  try {
    const options = { checkout: CHECKOUT, dataDir, existing: {}, nats: false, log: say };
    const { postgres, stop } = await launcher.startInfrastructure(options);
    return { urls: postgres.urls, stop };
  } catch (error) {
    // Something for the operator, of a class that only the launcher has.
    if ((error as Error).name === 'Problem') throw new ProblemToSay((error as Error).message);
    throw error;
  }
}

function onServer(url: string): Record<LogService, string> {
  return Object.fromEntries(
    LOG_SERVICES.map((service) => {
      const own = new URL(url);
      own.pathname = `/ganglion_${service}`;
      return [service, own.href];
    }),
  ) as Record<LogService, string>;
}

export function withoutSecrets(url: string): string {
  const shown = new URL(url);
  if (shown.password) shown.password = '***';
  return shown.href;
}
