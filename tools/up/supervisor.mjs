import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createDaemon } from './daemon.mjs';
import { openAppLog } from './logs.mjs';
import { Problem } from './problem.mjs';
import { LOG_SERVICES } from './state.mjs';

/** Half of the default for short-lived objects: six processes at rest cost a tenth less, the figures under load are the same. */
const NODE_FLAGS = ['--enable-source-maps', '--max-semi-space-size=8'];

/** Started together, group after group, and stopped in the opposite order. */
export const APP_GROUPS = [LOG_SERVICES, ['gateway']];
const SINGLE_GROUPS = [['single']];

const scriptOf = (app) =>
  app === 'single' ? join('apps', 'cli', 'dist', 'single.js') : join('apps', app, 'dist', 'main.js');

/**
 * Keeps one Node process per app running. A child tells over IPC when it can serve,
 * `{ type: 'ready', healthPort: number, url?: string }`, drains and exits on SIGTERM, and exits by itself when the
 * channel closes, so nothing survives a launcher that is killed.
 *
 * @param {object} options
 * @param {string} options.checkout
 * @param {string} options.logFolder
 * @param {boolean} [options.single]  all apps in one process
 * @param {(app: string) => Record<string, string>} options.environmentOf
 * @param {string} [options.logLevel]  debug or trace shows everything on the terminal
 * @param {(line: string) => void} options.say
 * @param {(apps: Record<string, { pid: number, healthPort: number, url?: string, script: string }>) => void} [options.onChange]
 *   the apps that are ready, whenever that changes
 * @param {(event: { type: 'app-ready' | 'app-down', app: string, pid: number }) => void} [options.onEvent]
 */
export function createSupervisor(options) {
  const {
    checkout,
    logFolder,
    single = false,
    environmentOf,
    logLevel,
    say,
    onChange = () => {},
    onEvent = () => {},
  } = options;
  const groups = single ? SINGLE_GROUPS : APP_GROUPS;
  const ready = {};
  const daemons = new Map(groups.flat().map((app) => [app, daemonOf(app)]));

  function daemonOf(app) {
    const script = join(checkout, scriptOf(app));
    const path = join(logFolder, `${app}.log`);
    const log = openAppLog({ name: app, path, logLevel, say });
    const daemon = createDaemon({
      name: app,
      spawn: () =>
        spawn(process.execPath, [...NODE_FLAGS, script], {
          env: environmentOf(app),
          stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
          detached: true, // Ctrl-C goes to the launcher alone, which stops the apps in order
        }),
      readyMessage: (message) => (message?.type === 'ready' ? message : undefined),
      onOutput: log.write,
      logFile: path,
      say,
      onChange: ({ state, pid, info }) => {
        if (state === 'ready')
          ready[app] = { pid, healthPort: info.healthPort, ...(info.url ? { url: info.url } : {}), script };
        else delete ready[app];
        onChange({ ...ready });
        onEvent({ type: state === 'ready' ? 'app-ready' : 'app-down', app, pid });
      },
    });
    return { daemon, log, script };
  }

  const each = (group, work) => Promise.all(group.map((app) => work(daemons.get(app))));

  return {
    apps: groups.flat(),
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

function requireBuilt(scripts) {
  const missing = scripts.find((script) => !existsSync(script));
  if (missing) throw new Problem(`${missing} is missing. Build it: npm run build`);
}
