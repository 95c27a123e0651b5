import { connect } from 'node:net';
import type { Config } from '@ganglion/config';
import { roleOf, type ProcessState } from '../commands/process-state.js';
import { statusOf } from '../commands/status.js';
import type { RunFile } from '../place.js';
import { bad, good, warning, type Finding } from './finding.js';

export async function examineGateway(run: RunFile | null, config: Config, dataDir: string): Promise<Finding[]> {
  if (!run) return [await examinePort(config.server.listen)];
  const { ready, url, problems, apps } = await statusOf(dataDir);
  const version = good('version', 'ganglion 0.1.0');
  const processes = Object.entries(apps).map(([name, app]) => examineProcess(name, app));
  const gateway = ready
    ? good('gateway', `${url} is ready`)
    : bad('gateway', problems.join('; '), 'mend what is said above, it then recovers by itself');
  return [version, ...processes, gateway];
}

function examineProcess(name: string, app: ProcessState): Finding {
  if (app.state === 'ready') return good(name, [app.state, roleOf(app)].filter((word) => word !== '').join(', '));
  const found = [app.state, ...app.problems].join(': ');
  return bad(name, found, `look into logs/${name}.log in the data folder`);
}

/** Nothing of ours runs, so nobody should be there. */
async function examinePort(listen: string): Promise<Finding> {
  const at = listen.lastIndexOf(':');
  const [host, port] = [listen.slice(0, at), Number(listen.slice(at + 1))];
  const taken = await new Promise<boolean>((resolve) => {
    const socket = connect({ host: host === '0.0.0.0' ? '127.0.0.1' : host, port, timeout: 1_000 });
    const answer = (value: boolean) => {
      socket.destroy();
      resolve(value);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
    socket.once('timeout', () => answer(false));
  });
  if (!taken) return good('port', `${listen} is free`);
  return warning(
    'port',
    `${listen} is used by another program`,
    'stop that program, or start with GANGLION_LISTEN=127.0.0.1:8009',
  );
}
