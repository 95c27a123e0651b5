import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { restartBy } from './control-client.mjs';
import { isAlive } from './processes.mjs';
import { readRunFile, removeDataFolder } from './state.mjs';

/**
 * Starts a whole system as `npm start` does, for end-to-end tests and the benchmark. It ends with the process that
 * started it.
 *
 * @param {object} options
 * @param {string} options.checkout
 * @param {string} [options.dataDir]  a new temporary folder unless told
 * @param {Record<string, string>} [options.env]  GANGLION_* of the system; those of our own environment do not count
 * @param {string[]} [options.args]  such as ['--single'] or ['--replicas=2']
 * @returns {Promise<import('./system.d.mts').System>}
 */
export async function startSystem({ checkout, dataDir = temporaryFolder(), env = {}, args = [] }) {
  let output = '';
  const listeners = new Set();
  const frozen = new Set();
  const launcher = spawn(process.execPath, [join(checkout, 'tools', 'up', 'start.mjs'), ...args], {
    cwd: checkout,
    env: systemEnvironment(process.env, { GANGLION_DATA_DIR: dataDir, ...env }),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  });
  for (const stream of [launcher.stdout, launcher.stderr]) stream.on('data', (chunk) => (output += chunk));
  launcher.on('message', (event) => listeners.forEach((listener) => listener(event)));
  const exited = new Promise((resolve) => launcher.once('close', (code) => resolve(code)));

  const failure = () => new Error(`The system on ${dataDir} has stopped:\n${output}`);
  /** @type {(pick: (event: any) => any) => Promise<any>} */
  const eventually = (pick) => {
    const happened = new Promise((resolve) => {
      const listener = (event) => {
        const value = pick(event);
        if (value === undefined) return;
        listeners.delete(listener);
        resolve(value);
      };
      listeners.add(listener);
      listener({ type: 'now' });
    });
    return Promise.race([happened, exited.then(() => Promise.reject(failure()))]);
  };

  const pidOf = (name) => {
    const run = readRunFile(dataDir);
    return (name === 'launcher' ? run : (run?.apps?.[name] ?? run?.[name]))?.pid ?? undefined;
  };
  const url = await eventually((event) => (event.type === 'ready' ? event.url : undefined));

  return {
    url,
    dataDir,
    get runJson() {
      return readRunFile(dataDir);
    },
    get output() {
      return output;
    },
    kill(name, signal = 'SIGKILL') {
      const pid = pidOf(name);
      if (!pid) throw new Error(`${name} is not running`);
      process.kill(pid, signal);
      if (signal === 'SIGSTOP') frozen.add(pid);
      if (signal === 'SIGCONT') frozen.delete(pid);
      return pid;
    },
    restart: (names = [], { rolling = true } = {}) => restartBy(readRunFile(dataDir)?.control, { names, rolling }),
    untilReady: (name, otherThanPid) =>
      eventually(() => (pidOf(name) && pidOf(name) !== otherThanPid ? pidOf(name) : undefined)),
    async stop() {
      for (const pid of frozen) if (isAlive(pid)) process.kill(pid, 'SIGCONT'); // asleep it could not stop in good order
      if (launcher.exitCode === null && launcher.signalCode === null) launcher.kill('SIGTERM');
      return exited;
    },
    remove: () => removeDataFolder(dataDir),
  };
}

function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'ganglion-system-'));
  chmodSync(folder, 0o711); // Postgres's user passes through when we are root
  return folder;
}

/**
 * @param {Record<string, string | undefined>} own  environment of the test
 * @param {Record<string, string>} wanted
 */
export function systemEnvironment(own, wanted) {
  const kept = Object.entries(own).filter(([name]) => !name.startsWith('GANGLION_') || name === 'GANGLION_NATS_SERVER');
  return { ...Object.fromEntries(kept), GANGLION_LISTEN: '127.0.0.1:0', ...wanted };
}
