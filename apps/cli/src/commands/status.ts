import type { Command } from 'commander';
import { dataFolder, readRunFile, type RunFile } from '../place.js';
import { roleOf, stateOf, type ProcessState } from './process-state.js';
import { print, table } from '../output/print.js';

interface Status {
  running: boolean;
  ready: boolean;
  dataDir: string;
  url: string | null;
  /** Where other people's services subscribe; the credentials can read the public streams and nothing else. */
  nats: { url: string; credentials: { user: string; password: string } | null } | null;
  /** Every process by its name. */
  apps: Record<string, ProcessState>;
  problems: string[];
}

export function addStatus(program: Command): void {
  program
    .command('status')
    .description('what runs, whether it can serve, and where to connect')
    .option('--json', 'machine-readable')
    .action(async ({ json }: { json?: boolean }) => {
      const status = await statusOf(dataFolder());
      print(json ?? false, status, () => describeStatus(status));
      process.exitCode = status.ready ? 0 : 1;
    });
}

export async function statusOf(dataDir: string): Promise<Status> {
  const run = readRunFile(dataDir);
  if (!run) {
    return {
      running: false,
      ready: false,
      dataDir,
      url: null,
      nats: null,
      apps: {},
      problems: ['nothing runs; `npm start` starts it'],
    };
  }
  const [{ ready, problems }, apps] = await Promise.all([readiness(run), appsOf(run)]);
  return { running: true, ready, dataDir, url: run.url ?? null, nats: natsOf(run), apps, problems };
}

function natsOf({ nats }: RunFile): Status['nats'] {
  if (!nats) return null;
  const { protocol, host } = new URL(nats.url);
  const credentials = nats.subscriber && { user: nats.subscriber.user, password: nats.subscriber.password };
  return { url: `${protocol}//${host}`, credentials };
}

async function appsOf({ instances = [], apps = {} }: RunFile): Promise<Status['apps']> {
  return Object.fromEntries(
    await Promise.all(instances.map(async (name) => [name, await stateOf(apps[name])] as const)),
  );
}

async function readiness({ url }: RunFile): Promise<{ ready: boolean; problems: string[] }> {
  if (!url) return { ready: false, problems: ['the gateway has not started yet'] };
  try {
    const response = await fetch(`${url}/_ganglion/health/ready`, { signal: AbortSignal.timeout(5_000) });
    if (response.ok) return { ready: true, problems: [] };
    const { problems = [] } = (await response.json()) as { problems?: string[] };
    return { ready: false, problems };
  } catch (error) {
    return { ready: false, problems: [`${url} does not answer: ${(error as Error).message}`] };
  }
}

function describeStatus({ running, ready, url, dataDir, nats, apps, problems }: Status): string[] {
  if (!running) return [`Nothing runs on ${dataDir}. Start it with \`npm start\`.`];
  const rows = Object.entries(apps).map(([name, app]) => [
    name,
    app.state,
    app.pid === null ? '' : `pid ${app.pid}`,
    roleOf(app),
    app.healthPort === null ? '' : `metrics http://127.0.0.1:${app.healthPort}/metrics`,
    app.problems.join('; '),
  ]);
  return [
    `${ready ? 'Ready' : 'Not ready'}: ${url ?? 'no URL yet'}`,
    ...problems.map((problem) => `  ! ${problem}`),
    '',
    ...table(rows),
    '',
    `Events for other services: ${nats?.url ?? 'NATS is not up'} (user and password: ganglion status --json)`,
    `Data: ${dataDir}`,
  ];
}
