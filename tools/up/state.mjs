import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { readJsonIfThere, writeJsonAtomically } from './files.mjs';
import { stopLeftovers } from './leftovers.mjs';
import { lockHolder, tryLock } from './lock.mjs';
import { Problem } from './problem.mjs';

export const LOG_SERVICES = ['auth', 'moderation', 'rooms', 'appservice', 'accounting'];

/** All that `--reset` removes from a folder that held other things before Ganglion used it. */
const OWN_NAMES = [
  'bin',
  'control.sock',
  'launcher.json',
  'logs',
  'media',
  'nats',
  'postgres',
  'run.json',
  'secrets',
  'servers.json',
];

/** Folder of everything that must outlive a restart. */
export const dataFolder = (checkout, configured) => resolve(configured || join(checkout, '.ganglion'));

const paths = (dataDir) => ({
  lock: join(dataDir, 'launcher.lock'),
  state: join(dataDir, 'launcher.json'),
  secrets: join(dataDir, 'servers.json'),
  run: join(dataDir, 'run.json'),
});

/**
 * Opens a data folder for one launcher at a time, making it at the first start.
 *
 * - `state`: what is kept between starts and is not secret: ports, where Postgres's data is
 * - `secrets`: passwords of the servers, made once, in a file only the owner can read
 * - `publish`: what is running now goes to run.json, for the CLI and for tests; the file is gone when nothing runs
 * - `leftover`: the run.json of a launcher that was killed
 *
 * @throws {Problem} when another launcher has it open
 */
export function openDataFolder(dataDir) {
  const at = paths(dataDir);
  makeFolder(dataDir);
  const lock = lockOrExplain(dataDir, at.lock);
  try {
    return opened(dataDir, at, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

function opened(dataDir, at, lock) {
  const known = readOrExplain(dataDir, at.state);
  const state = known ?? { ownsFolder: holdsOnly(dataDir, [basename(at.lock)]) };
  const run = {};
  const remember = (patch) => writeJsonAtomically(at.state, Object.assign(state, patch), 0o644);
  if (!known) remember({});
  return {
    dataDir,
    state,
    leftover: unlessBroken(at.run),
    secrets: readOrExplain(dataDir, at.secrets) ?? makeSecrets(at.secrets),
    path: (...names) => join(dataDir, ...names),
    remember,
    publish: (patch) => writeJsonAtomically(at.run, Object.assign(run, patch)),
    close: () => {
      rmSync(at.run, { force: true });
      lock.release();
    },
  };
}

/** Root's data folder lets Postgres's user pass through it; everything secret below it has its own permissions. */
function makeFolder(dataDir) {
  const mode = process.getuid?.() === 0 ? 0o711 : 0o700;
  try {
    if (mkdirSync(dataDir, { recursive: true, mode })) chmodSync(dataDir, mode);
  } catch (error) {
    throw new Problem(
      `The data folder ${dataDir} cannot be made: ${error.message}. Choose another with GANGLION_DATA_DIR.`,
    );
  }
}

function lockOrExplain(dataDir, path) {
  try {
    const lock = tryLock(path);
    if ('release' in lock) return lock;
    throw new Problem(
      `Ganglion already runs on ${dataDir} (launcher process ${lock.heldBy}). Stop that one first, or choose another folder with GANGLION_DATA_DIR.`,
    );
  } catch (error) {
    if (error.code !== 'EACCES' && error.code !== 'EPERM') throw error;
    throw new Problem(
      `The data folder ${dataDir} belongs to another user. Start as that user, or choose another folder with GANGLION_DATA_DIR.`,
    );
  }
}

function readOrExplain(dataDir, path) {
  try {
    return readJsonIfThere(path);
  } catch (error) {
    throw new Problem(
      `${path} cannot be read (${error.message}). Put it right or start afresh, losing all data in ${dataDir}: npm start -- --reset`,
    );
  }
}

function makeSecrets(path) {
  const password = () => randomBytes(24).toString('base64url');
  const secrets = {
    postgres: password(),
    services: Object.fromEntries(LOG_SERVICES.map((service) => [service, password()])),
    nats: { ganglion: password(), subscriber: password() },
  };
  writeJsonAtomically(path, secrets, 0o600);
  return secrets;
}

/**
 * What runs on a data folder, or null. After a launcher was killed the file may be there although nothing runs.
 * @returns {any | null}
 */
export function readRunFile(dataDir) {
  const { lock, run } = paths(dataDir);
  return lockHolder(lock) === null ? null : readJsonIfThere(run);
}

/**
 * Removes everything Ganglion keeps in a data folder, also what had to be put elsewhere because of permissions. A
 * folder that held other files before keeps them, so that a wrong GANGLION_DATA_DIR does not cost a home directory.
 * @throws {Problem} when a launcher runs on it
 */
export async function resetDataFolder(dataDir) {
  if (!existsSync(dataDir)) return;
  const at = paths(dataDir);
  const lock = lockOrExplain(dataDir, at.lock);
  try {
    const state = unlessBroken(at.state) ?? {};
    await stopLeftovers({
      leftover: unlessBroken(at.run),
      postgresRoot: state.postgres?.root ?? join(dataDir, 'postgres'),
    });
    if (state.postgres?.stateFolder) rmSync(state.postgres.stateFolder, { recursive: true, force: true });
    const names = state.ownsFolder || basename(dataDir) === '.ganglion' ? readdirSync(dataDir) : OWN_NAMES;
    for (const name of names) {
      if (name !== basename(at.lock)) rmSync(join(dataDir, name), { recursive: true, force: true });
    }
  } finally {
    lock.release();
  }
}

/** Removes a data folder of a test with all that belongs to it. */
export async function removeDataFolder(dataDir) {
  await resetDataFolder(dataDir);
  rmSync(dataDir, { recursive: true, force: true });
}

const holdsOnly = (folder, names) => readdirSync(folder).every((name) => names.includes(name));

/** A reset is the way out of a broken file, so it must not stumble over one. */
function unlessBroken(path) {
  try {
    return readJsonIfThere(path);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
