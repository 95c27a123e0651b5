import { spawnSync } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { withLock } from './lock.mjs';
import { fromDebian, fromRelease } from './nats-sources.mjs';
import { Interrupted, Problem } from './problem.mjs';

/** Oldest server that has what the code uses. */
const OLDEST = [2, 9];

/**
 * Finds a nats-server or fetches one, without installing anything into the system.
 *
 * In this order: `GANGLION_NATS_SERVER`; PATH and /usr/sbin; the cache of this data folder, then the user's, which
 * all checkouts share; the Debian package, from the sources apt is configured with; a pinned official release.
 *
 * @param {{ dataDir: string, env: Record<string, string | undefined>, say: (line: string) => void, signal?: AbortSignal }} options
 * @returns {Promise<{ path: string, version: string }>}
 */
export async function findNatsServer({ dataDir, env, say, signal }) {
  if (env.GANGLION_NATS_SERVER) return required(env.GANGLION_NATS_SERVER);
  const caches = [join(dataDir, 'bin'), ...userCache(env)];
  const found = firstUsable([...searchPath(env), ...caches.map((folder) => join(folder, 'nats-server'))], say);
  if (found) return found;
  const cache = caches.findLast(isWritable) ?? caches[0];
  const target = join(cache, 'nats-server');
  const onWait = (pid) => say(`waiting for process ${pid}, which fetches nats-server`);
  return withLock(
    join(cache, 'fetch.lock'),
    async () => usable(target) ?? (await fetchInto(cache, target, { say, signal })),
    { onWait, signal },
  );
}

function required(path) {
  const server = usable(path);
  if (!server) throw new Problem(`GANGLION_NATS_SERVER is ${path}, which is not a nats-server that runs here.`);
  if (isTooOld(server.version))
    throw new Problem(`GANGLION_NATS_SERVER is nats-server ${server.version}; ${OLDEST.join('.')} or newer is needed.`);
  return server;
}

/** Debian puts the server into /usr/sbin, which is not on an ordinary user's PATH. */
const searchPath = (env) =>
  [...(env.PATH ?? '').split(delimiter).filter(Boolean), '/usr/sbin', '/usr/local/bin'].map((folder) =>
    join(folder, 'nats-server'),
  );

const userCache = ({ XDG_CACHE_HOME, HOME }) => {
  const base = XDG_CACHE_HOME || (HOME && join(HOME, '.cache'));
  return base ? [join(base, 'ganglion')] : [];
};

function firstUsable(candidates, say) {
  for (const path of new Set(candidates)) {
    const server = usable(path);
    if (server && !isTooOld(server.version)) return server;
    if (server) say(`${path} is nats-server ${server.version}, older than ${OLDEST.join('.')}: not used`);
  }
  return null;
}

/** Asked for its version rather than looked at: a file for another processor is there, but does not run. */
function usable(path) {
  if (!existsSync(path)) return null;
  const { status, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 10_000 });
  const version = /v?(\d+\.\d+\.\d+\S*)/.exec(stdout ?? '')?.[1];
  return status === 0 && version ? { path, version } : null;
}

/** @param {string} version  such as "2.9.10" */
export function isTooOld(version) {
  const [major, minor] = version.split('.').map(Number);
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
}

function isWritable(folder) {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false; // whatever the reason, the other cache is used
  }
}

async function fetchInto(cache, target, { say, signal }) {
  const failures = [];
  for (const [source, fetchFrom] of [
    ['apt', fromDebian],
    ['github.com', fromRelease],
  ]) {
    const work = mkdtempSync(join(cache, 'fetch-'));
    try {
      const binary = await fetchFrom(work, { say, signal });
      chmodSync(binary, 0o755);
      const candidate = `${target}.new`;
      copyFileSync(binary, candidate);
      renameSync(candidate, target);
      const server = usable(target);
      if (server) {
        say(`nats-server ${server.version} from ${source} is now in ${cache}`);
        return server;
      }
      failures.push(`${source}: what was fetched does not run here`);
    } catch (error) {
      if (error instanceof Interrupted || signal?.aborted) throw new Interrupted();
      failures.push(`${source}: ${error.message}`);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
  throw new Problem(
    [
      'There is no nats-server on this machine and none could be fetched. Do one of these:',
      '  apt install nats-server',
      '  GANGLION_NATS_SERVER=/path/to/nats-server npm start      (from https://github.com/nats-io/nats-server/releases)',
      '  GANGLION_NATS_URL=nats://user:password@host:4222 npm start   (a server with JetStream)',
      'What was tried:',
      ...failures.map((line) => `  ${line}`),
    ].join('\n'),
  );
}
