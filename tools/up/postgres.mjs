import { spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDaemon } from './daemon.mjs';
import { readIfThere } from './files.mjs';
import { Problem } from './problem.mjs';
import { lastLines, runToEnd } from './processes.mjs';

const MAJOR = '18';
/** sun_path of Linux holds 108 bytes with its end; macOS has 104. */
const LONGEST_SOCKET_PATH_BYTES = 103;

/** Postgres does not take its settings, language or defaults from the operator's shell. */
const environment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/**
 * Starts the embedded Postgres on loopback, making its data folder at the first start.
 *
 * @param {object} options
 * @param {ReturnType<typeof import('./postgres-home.mjs').postgresHome>} options.home
 * @param {number} options.port
 * @param {string} options.password  of the superuser `postgres`, used when the data folder is made
 * @param {boolean} options.durable  false only for tests: a power cut may lose everything
 * @param {(chunk: Buffer) => void} options.onOutput
 * @returns {Promise<ReturnType<typeof createDaemon>>} ready, and kept running until stopped
 * @throws {Problem} with `portTaken: true` when another program was faster in taking the port
 */
export async function startPostgres({ home, port, password, durable = true, onOutput, say, signal, onChange }) {
  const pgdata = join(home.root, 'data');
  await ensureCluster({ home, pgdata, password, durable, signal });
  const daemon = createDaemon({
    name: 'Postgres',
    spawn: () =>
      spawn(join(home.native, 'bin', 'postgres'), ['-D', pgdata, ...settings({ home, port, durable })], {
        ...as(home),
        stdio: ['ignore', 'ignore', 'pipe'],
        detached: true, // Ctrl-C goes to the launcher alone, which stops Postgres last
      }),
    readyLine: (line) => (line.includes('database system is ready to accept connections') ? { port } : undefined),
    onOutput,
    stopSignal: 'SIGINT', // "fast": ends sessions, writes a checkpoint
    readyTimeoutMs: 600_000, // replaying a long log after a crash takes its time
    say,
    onChange,
  });
  try {
    await daemon.start(signal);
  } catch (error) {
    throw error.tail ? cannotStart(pgdata, error.tail) : error;
  }
  return daemon;
}

/** A cluster appears under its name only when it is whole, so a first start that was interrupted is simply repeated. */
async function ensureCluster({ home, pgdata, password, durable, signal }) {
  const version = readIfThere(join(pgdata, 'PG_VERSION'))?.trim();
  if (version !== undefined) return requireUsable(pgdata, version);
  if (existsSync(pgdata)) throw broken(pgdata, 'it has no PG_VERSION');
  const candidate = join(home.root, 'data.new');
  const passwordFile = join(home.root, 'password');
  rmSync(candidate, { recursive: true, force: true });
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (home.account) chownSync(passwordFile, home.account.uid, home.account.gid);
  // Byte order, the same on every machine and with every library; upper and lower case still know Unicode.
  const language = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const access = ['--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
  const args = ['-D', candidate, ...access, ...language, '--no-instructions', ...(durable ? [] : ['--no-sync'])];
  try {
    const { ok, output } = await runToEnd(join(home.native, 'bin', 'initdb'), args, { ...as(home), signal });
    if (!ok) throw new Problem(`Postgres could not make its data folder ${pgdata}:\n${lastLines(output)}`);
    renameSync(candidate, pgdata);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

function requireUsable(pgdata, version) {
  if (version !== MAJOR) {
    throw new Problem(
      `The data folder ${pgdata} was made by Postgres ${version}, this is Postgres ${MAJOR}. Move the data with pg_dump, or start afresh, losing it: npm start -- --reset`,
    );
  }
  const uid = process.getuid?.();
  if (uid !== 0 && uid !== undefined && statSync(pgdata).uid !== uid) {
    throw new Problem(
      `The data folder ${pgdata} belongs to another user. Start as that user, or choose another folder with GANGLION_DATA_DIR.`,
    );
  }
}

/** @returns {string[]} */
function settings({ home, port, durable }) {
  const values = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: socketFolder(home, port),
    max_connections: 200,
    shared_buffers: '64MB',
    max_wal_size: '1GB',
    io_method: 'sync', // the work is writes; three reader processes less
    max_worker_processes: 4,
    autovacuum_max_workers: 2,
    autovacuum_worker_slots: 2,
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
    log_line_prefix: '%m [%p] %d ',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

function socketFolder({ root, account }, port) {
  const folder = join(root, 'socket');
  if (Buffer.byteLength(join(folder, `.s.PGSQL.${port}.lock`)) > LONGEST_SOCKET_PATH_BYTES) return '';
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (account) chownSync(folder, account.uid, account.gid);
  return folder;
}

/** The working folder is set because the launcher's own may be closed to Postgres's user. */
const as = ({ root, account }) => ({
  cwd: root,
  env: environment,
  ...(account ? { uid: account.uid, gid: account.gid } : {}),
});

function cannotStart(pgdata, tail) {
  if (tail.some((line) => /could not bind .*in use|could not create any TCP\/IP sockets/i.test(line))) {
    return Object.assign(new Problem('Postgres could not take its port.'), { portTaken: true });
  }
  const cause = tail.find((line) => /\b(FATAL|PANIC):/.test(line)) ?? tail.at(-1) ?? 'it said nothing';
  return broken(pgdata, cause.replace(/^.*\b(FATAL|PANIC):\s*/, ''));
}

const broken = (pgdata, cause) =>
  new Problem(
    `Postgres cannot use its data folder ${pgdata}: ${cause}. Restore it from a backup, or start afresh, losing all data: npm start -- --reset`,
  );
