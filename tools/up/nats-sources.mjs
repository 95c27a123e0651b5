import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lastLines, runToEnd } from './processes.mjs';

/** An official release; the sums are those with which NATS's own container images check their download. */
export const RELEASE = {
  version: '2.11.17',
  sha256: {
    x64: 'ad608dd0ea8bbfa58c40e3b8f58ed67478eec26166ec49c502db8d17589b51b5',
    arm64: 'd21df24f262f34f8bf6d1f0bca557c08429e433fd9f60f6983105539ae517feb',
  },
};

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

/**
 * @param {string} work  folder to download into
 * @returns {Promise<string>} path of the program, unpacked from Debian's package
 */
export async function fromDebian(work, { say, signal }) {
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
