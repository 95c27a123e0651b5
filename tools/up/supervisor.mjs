import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createDaemon } from './daemon.mjs';
import { instanceGroups, pickInstances } from './instances.mjs';
import { openAppLog } from './logs.mjs';
import { Problem } from './problem.mjs';
import { untilHealthy } from './until-healthy.mjs';

/** Half of the default for short-lived objects: six processes at rest cost a tenth less, the figures under load are the same. */
const NODE_FLAGS = ['--enable-source-maps', '--max-semi-space-size=8'];
/** Those that serve clients, and get the socket for it. */
const LISTENING = ['gateway', 'single'];

const scriptOf = (app) =>
  app === 'single' ? join('apps', 'cli', 'dist', 'single.js') : join('apps', app, 'dist', 'main.js');

/**
 * Keeps the processes of every app running. A child tells over IPC when it can serve,
 * `{ type: 'ready', healthPort: number, url?: string }`, drains and exits on SIGTERM, and exits by itself when the
 * channel closes, so nothing survives a launcher that is killed.
 *
 * @param {object} options
 * @param {string} options.checkout
 * @param {string} options.logFolder
 * @param {boolean} [options.single]  all apps in one process
 * @param {number} [options.replicas]  processes of each app, 1 unless told
 * @param {{ handOver(child: import('node:child_process').ChildProcess): void }} options.listener  the public socket
 * @param {(app: string) => Record<string, string>} options.environmentOf
 * @param {string} [options.logLevel]  debug or trace shows everything on the terminal
 * @param {(line: string) => void} options.say
 * @param {(apps: Record<string, { app: string, pid: number, healthPort: number, url?: string, script: string }>) => void} [options.onChange]
 *   the instances that are ready, whenever that changes
 * @param {(event: { type: 'app-ready' | 'app-down', app: string, pid: number }) => void} [options.onEvent]
 *   `app` is the instance's name
 */
export function createSupervisor(options) {
  const { single = false, replicas = 1, onChange = () => {}, onEvent = () => {} } = options;
  const groups = instanceGroups({ single, replicas });
  const ready = {};
  const daemons = new Map(groups.flat().map((instance) => [instance.name, daemonOf(instance)]));

  function daemonOf({ name, app }) {
    const script = join(options.checkout, scriptOf(app));
    const changed = ({ state, pid, info }) => {
      const { healthPort, url } = info ?? {};
      if (state === 'ready') ready[name] = { app, pid, healthPort, ...(url ? { url } : {}), script };
      else delete ready[name];
      onChange({ ...ready });
      onEvent({ type: state === 'ready' ? 'app-ready' : 'app-down', app: name, pid });
    };
    return { script, ...instanceDaemon(options, { name, app, script }, changed) };
  }

  const each = (group, work) => Promise.all(group.map(({ name }) => work(daemons.get(name), name)));

  async function restartOne(name, signal, told) {
    const startedMs = performance.now();
    const { healthPort } = await daemons.get(name).daemon.restart();
    await untilHealthy(name, healthPort, signal);
    told({ instance: name, pid: ready[name]?.pid, tookMs: Math.round(performance.now() - startedMs) });
  }

  return {
    instances: groups.flat(),
    /**
     * @param {AbortSignal} [signal]
     * @returns {Promise<string>} URL the gateway serves clients on
     * @throws {Problem} with the last lines of an app that does not start
     */
    async start(signal) {
      requireBuilt([...daemons.values()].map(({ script }) => script));
      for (const group of groups) await each(group, ({ daemon }) => daemon.start(signal));
      const url = Object.values(ready).find((app) => app.url)?.url;
      if (!url) throw new Problem('The gateway is ready but did not say on which URL.');
      return url;
    },
    /**
     * Stops and starts processes in good order: the services, then the gateways.
     *
     * @param {object} request
     * @param {string[]} request.names  apps or single instances; none means all
     * @param {boolean} request.rolling  one process after the other, each only when the one before serves again
     * @param {AbortSignal} [request.signal]
     * @param {(done: { instance: string, pid: number, tookMs: number }) => void} request.told
     * @throws {Problem} about the first that does not serve again; with `rolling` the rest is left as it is
     */
    async restart({ names, rolling, signal, told }) {
      for (const group of pickInstances(groups, names)) {
        const turns = rolling ? group.map((instance) => [instance]) : [group];
        for (const turn of turns) await Promise.all(turn.map(({ name }) => restartOne(name, signal, told)));
      }
    },
    async stop() {
      for (const group of [...groups].reverse()) {
        await each(group, async ({ daemon, log }) => {
          await daemon.stop();
          log.close();
        });
      }
    },
  };
}

function instanceDaemon({ logFolder, environmentOf, listener, logLevel, say }, { name, app, script }, onChange) {
  const path = join(logFolder, `${name}.log`);
  const log = openAppLog({ name, path, logLevel, say });
  const listens = LISTENING.includes(app);
  const daemon = createDaemon({
    name,
    spawn: () => {
      const child = spawn(process.execPath, [...NODE_FLAGS, script, ...(listens ? ['--listener=parent'] : [])], {
        env: environmentOf(app),
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        detached: true, // Ctrl-C goes to the launcher alone, which stops the apps in order
      });
      if (listens) listener.handOver(child);
      return child;
    },
    readyMessage: (message) => (message?.type === 'ready' ? message : undefined),
    onOutput: log.write,
    logFile: path,
    say,
    onChange,
  });
  return { daemon, log };
}

function requireBuilt(scripts) {
  const missing = scripts.find((script) => !existsSync(script));
  if (missing) throw new Problem(`${missing} is missing. Build it: npm run build`);
}
