import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { withLock } from './lock.mjs';
import { Interrupted, Problem } from './problem.mjs';
import { lastLines, runToEnd } from './processes.mjs';

/** Oldest server that has what the code uses. */
const OLDEST = [2, 9];

/** An official release; the sums are those with which NATS's own container images check their download. */
export const RELEASE = {
  version: '2.11.17',
  sha256: {
    x64: 'ad608dd0ea8bbfa58c40e3b8f58ed67478eec26166ec49c502db8d17589b51b5',
    arm64: 'd21df24f262f34f8bf6d1f0bca557c08429e433fd9f60f6983105539ae517feb',
  },
};

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

/**
 * apt's arguments for working beside the system: its sources, proxies and keys, but lists, cache and downloads in a
 * folder of ours, so it needs no rights and changes nothing.
 */
export function aptArguments(work) {
  const settings = {
    'Dir::State::Lists': join(work, 'lists'),
    'Dir::Cache': join(work, 'cache'),
    'APT::Sandbox::User': '', // as root it would otherwise want folders that the user _apt can write to
    'Acquire::Languages': 'none',
    'Acquire::Retries': '1',
    'Acquire::http::Timeout': '15',
    'Acquire::https::Timeout': '15',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  return ['-c', join(work, 'apt.conf'), '-q', '-y', ...options];
}

/** Hooks that refresh the desktop's catalogue or clean the system's cache after an update are none of our business. */
export const APT_CONF = ['Pre-Invoke', 'Post-Invoke', 'Post-Invoke-Success']
  .map((hook) => `#clear APT::Update::${hook};\n`)
  .join('');

async function fromDebian(work, { say, signal }) {
  if (process.platform !== 'linux') throw new Error('only on Linux');
  say('no nats-server here: fetching the Debian package into the cache (nothing is installed)');
  writeFileSync(join(work, 'apt.conf'), APT_CONF);
  for (const folder of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(work, folder), { recursive: true });
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', ...proxies(process.env) };
  const apt = (...args) =>
    runToEnd('apt-get', [...aptArguments(work), ...args], { cwd: work, env, signal, timeoutMs: 180_000 });
  // One unreachable source among several fails the update although the package can be had: the download decides.
  const updated = await apt('update');
  const downloaded = await apt('download', 'nats-server');
  const archive = readdirSync(work).find((name) => name.endsWith('.deb'));
  if (!downloaded.ok || !archive)
    throw new Error(`the package could not be downloaded\n${lastLines(`${updated.output}\n${downloaded.output}`, 6)}`);
  const unpacked = await runToEnd('dpkg-deb', ['-x', archive, 'package'], { cwd: work, env, signal });
  if (!unpacked.ok) throw new Error(unpacked.output);
  return join(work, 'package', 'usr', 'sbin', 'nats-server');
}

const proxies = (env) =>
  Object.fromEntries(Object.entries(env).filter(([name]) => /^(https?|no|ftp|all)_proxy$/i.test(name)));

/**
 * @param {string} work  folder to download into
 * @returns {Promise<string>} path of the program, unpacked
 * @throws when the archive is not the pinned one, byte for byte
 */
export async function fromRelease(work, { say, signal, release = RELEASE }) {
  const sha256 = process.platform === 'linux' ? release.sha256[process.arch] : undefined;
  if (!sha256) throw new Error(`no pinned release for ${process.platform}-${process.arch}`);
  const name = `nats-server-v${release.version}-linux-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  say(`fetching nats-server ${release.version} from github.com into the cache`);
  const timeout = AbortSignal.timeout(120_000);
  const url = `https://github.com/nats-io/nats-server/releases/download/v${release.version}/${name}.tar.gz`;
  const response = await fetch(url, { signal: signal ? AbortSignal.any([signal, timeout]) : timeout });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const archive = Buffer.from(await response.arrayBuffer());
  const got = createHash('sha256').update(archive).digest('hex');
  if (got !== sha256) throw new Error(`${url} has SHA-256 ${got}, expected ${sha256}: not used`);
  writeFileSync(join(work, 'release.tar.gz'), archive);
  const unpacked = await runToEnd('tar', ['-xzf', 'release.tar.gz', `${name}/nats-server`], { cwd: work, signal });
  if (!unpacked.ok) throw new Error(unpacked.output);
  return join(work, name, 'nats-server');
}
