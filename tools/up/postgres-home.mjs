import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { readIfThere } from './files.mjs';
import { postgresPackage } from './install.mjs';
import { stopLeftovers } from './leftovers.mjs';
import { Problem } from './problem.mjs';

/** Where root keeps what Postgres's user must reach and a closed folder hides; the first that can be used. */
const STATE_BASES = ['/var/lib/ganglion', '/var/tmp/ganglion'];

/**
 * Where Postgres's programs and data are and as whom it runs. Postgres refuses to run as root; then it is `postgres` or
 * `nobody`, who must be able to reach both. What they cannot reach (a checkout below /root, a 0700 folder) is put into
 * a state folder instead. Once chosen the place stays: it is recorded in the data folder.
 *
 * @param {{ checkout: string, folder: ReturnType<typeof import('./state.mjs').openDataFolder> }} options
 * @returns {{ native: string, root: string, account: { name: string, uid: number, gid: number } | null, notice: string | null }}
 *   `native` holds bin/, lib/ and share/; `root` holds data/ and socket/; `account` is null when it runs as ourselves;
 *   `notice` is a line for the operator
 */
export function postgresHome({ checkout, folder }) {
  const packaged = postgresPackage(checkout);
  const recorded = folder.state.postgres;
  if (process.getuid?.() !== 0) {
    const root = recorded?.root ?? folder.path('postgres');
    mkdirSync(root, { recursive: true, mode: 0o700 });
    return { native: packaged, root, account: null, notice: null };
  }
  const account = accountFor(recorded?.root ?? folder.path('postgres'));
  const place = recorded ?? choosePlace(folder, account);
  if (!recorded) folder.remember({ postgres: place });
  ownedFolder(place.root, account);
  const native = canRun(account, packaged) ? packaged : copyPrograms(packaged, account);
  return { native, root: place.root, account, notice: notice({ account, place, native, packaged }) };
}

/** Whoever owns the data goes on owning it; otherwise `postgres` if the system has it, else `nobody`. */
function accountFor(root) {
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name, , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));
  const owner = existsSync(root) ? statSync(root).uid : 0;
  const account =
    accounts.find(({ uid }) => owner !== 0 && uid === owner) ??
    accounts.find(({ name, uid }) => name === 'postgres' && uid !== 0) ??
    accounts.find(({ name, uid }) => name === 'nobody' && uid !== 0);
  if (account) return account;
  throw new Problem(
    'Postgres does not run as root, and this system has neither a user "postgres" nor "nobody". Start as an ordinary user, or set GANGLION_POSTGRES_URL.',
  );
}

function choosePlace(folder, account) {
  if (canEnter(account, folder.dataDir)) return { root: folder.path('postgres') };
  const key = createHash('sha256').update(folder.dataDir).digest('hex').slice(0, 12);
  // The random part keeps a data folder that was deleted by hand and made anew from meeting its predecessor's data.
  const stateFolder = join(stateBase(account), `${key}-${randomBytes(3).toString('hex')}`);
  mkdirSync(stateFolder, { mode: 0o711 });
  writeFileSync(join(stateFolder, 'belongs-to'), `${folder.dataDir}\n`, { mode: 0o600 });
  return { root: join(stateFolder, 'postgres'), stateFolder };
}

/** Only a real folder of root's own is used: a name in a folder where all may write could have been prepared by others. */
function stateBase(account) {
  for (const base of STATE_BASES) {
    try {
      mkdirSync(base, { recursive: true, mode: 0o711 });
    } catch (error) {
      if (['EROFS', 'EACCES', 'EPERM', 'ENOTDIR', 'EEXIST'].includes(error.code)) continue;
      throw error;
    }
    const { uid, mode } = lstatSync(base);
    if (lstatSync(base).isDirectory() && uid === 0 && (mode & 0o022) === 0 && canEnter(account, base)) return base;
  }
  throw new Problem(
    `User ${account.name}, as whom Postgres must run, can reach neither the data folder nor ${STATE_BASES.join(' nor ')}. Choose another with GANGLION_DATA_DIR.`,
  );
}

/**
 * Removes what was put elsewhere for data folders that are gone or no longer wanted: those of tests.
 * @param {(dataDir: string) => boolean} isOver
 */
export async function removeStateWhere(isOver) {
  if (process.getuid?.() !== 0) return; // only root's data is ever put there, and nobody else may look
  for (const base of STATE_BASES.filter((each) => existsSync(each))) {
    for (const name of readdirSync(base)) {
      const stateFolder = join(base, name);
      const dataDir = readIfThere(join(stateFolder, 'belongs-to'))?.trim();
      if (!dataDir || !isOver(dataDir)) continue;
      await stopLeftovers({ leftover: null, postgresRoot: join(stateFolder, 'postgres') });
      rmSync(stateFolder, { recursive: true, force: true });
    }
  }
}

function copyPrograms(packaged, account) {
  const { version } = JSON.parse(readFileSync(join(packaged, '..', 'package.json'), 'utf8'));
  const target = join(stateBase(account), `postgres-${version}-${process.arch}`);
  if (canRun(account, target)) return target;
  const candidate = `${target}.${process.pid}`;
  cpSync(packaged, candidate, { recursive: true, verbatimSymlinks: true });
  rmSync(target, { recursive: true, force: true });
  try {
    renameSync(candidate, target);
  } catch (error) {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    rmSync(candidate, { recursive: true }); // another launcher was first
  }
  return target;
}

function ownedFolder(root, { uid, gid }) {
  mkdirSync(dirname(root), { recursive: true });
  mkdirSync(root, { recursive: true, mode: 0o700 });
  chownSync(root, uid, gid);
}

/** Tried rather than computed: access lists, mounts and namespaces have their say too. */
const canEnter = (account, folder) => passes(account, 'cd "$0"', folder);
const canRun = (account, native) =>
  passes(account, '"$0/bin/postgres" --version && test -r "$0/share/postgresql/postgres.bki"', native);

function passes({ uid, gid }, script, argument) {
  return spawnSync('/bin/sh', ['-c', script, argument], { uid, gid, cwd: '/', stdio: 'ignore' }).status === 0;
}

function notice({ account, place, native, packaged }) {
  const moved = [native !== packaged && 'its programs', place.stateFolder && 'its data'].filter(Boolean).join(' and ');
  if (!moved) return null;
  const where = place.stateFolder ?? native;
  return `Postgres runs as ${account.name}, who cannot reach ${place.stateFolder ? 'the data folder' : 'this checkout'}; ${moved} are in ${where}`;
}
