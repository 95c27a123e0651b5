import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readIfThere } from './files.mjs';
import { commandOf, isAlive, stopStranger } from './processes.mjs';

/**
 * Stops what a killed launcher left running: apps that still drain, a bus, a database. A process is touched only when
 * its command line shows that it is the one meant, because numbers are used again.
 * @param {{ leftover: any | null, postgresRoot: string, say?: (line: string) => void }} options
 *   `leftover` is the old run.json, `postgresRoot` the folder that holds Postgres's data
 */
export async function stopLeftovers({ leftover, postgresRoot, say = () => {} }) {
  const apps = Object.entries(leftover?.apps ?? {}).map(([name, app]) => ({ name, pid: app.pid, mark: app.script }));
  await Promise.all(apps.map((app) => stopIfOurs(app, 'SIGTERM', say)));
  const nats = leftover?.nats;
  if (nats?.pid) await stopIfOurs({ name: 'NATS', pid: nats.pid, mark: nats.configFile }, 'SIGTERM', say);
  await stopPostgres(join(postgresRoot, 'data'), say);
}

async function stopIfOurs({ name, pid, mark }, signal, say) {
  if (!pid || !mark || !isAlive(pid) || !commandOf(pid).includes(mark)) return;
  say(`stopping ${name} of an earlier start (process ${pid})`);
  await stopStranger(pid, signal);
}

/**
 * Postgres takes a process id in its data folder for a running server although the number now belongs to another
 * program, or to nobody. Its parent's number it takes for none, so ours goes there; the rest of the file stays, because
 * by it Postgres recognises sessions of a killed server that still write.
 */
async function stopPostgres(pgdata, say) {
  const pidFile = join(pgdata, 'postmaster.pid');
  const [first, ...rest] = (readIfThere(pidFile) ?? '').split('\n');
  const pid = Number.parseInt(first, 10);
  if (!(pid > 0)) return;
  if (isAlive(pid) && commandOf(pid).includes(pgdata))
    await stopIfOurs({ name: 'Postgres', pid, mark: pgdata }, 'SIGINT', say);
  else writeFileSync(pidFile, [process.pid, ...rest].join('\n'));
}
