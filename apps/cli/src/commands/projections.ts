import { LOG_SERVICES, type LogService } from '@ganglion/contracts';
import { systemClock } from '@ganglion/kernel';
import type { ProjectionStatus, RebuildJob, RetryJob } from '@ganglion/service';
import { Option, type Command } from 'commander';
import { print } from '../output/print.js';
import { ProblemToSay } from '../place.js';
import {
  describeList,
  describeParked,
  describeProgress,
  describeRebuild,
  describeRetry,
} from '../projections/describe.js';
import { ProjectionsClient } from '../projections/projections.client.js';
import { ProgressLine, watchJob } from '../projections/watch-job.js';

interface Json {
  json?: boolean;
}

export function addProjections(program: Command): void {
  const projections = program
    .command('projections')
    .description(
      'tables that are made from the event logs: how far they are, making them anew, events they could not apply',
    );
  projections
    .command('list')
    .description('every projection, how far it is, and what is parked')
    .option('--json', 'machine-readable')
    .action(list);
  projections
    .command('rebuild')
    .description('make a projection anew beside the one that serves, compare the two, and switch if they are equal')
    .argument('<name>', 'as `ganglion projections list` shows it, e.g. rooms.read-model')
    .option('--replace', 'switch although they differ: after a bug of the projection was repaired')
    .option('--json', 'machine-readable; progress goes to stderr')
    .addHelpText('after', REBUILD_HELP)
    .action(rebuild);
  projections
    .command('parked')
    .description('events that projections could not apply, and those that wait behind them')
    .argument('[name]', 'of one projection only')
    .addOption(new Option('--limit <n>', 'most events to show, of each service').default('50'))
    .option('--json', 'machine-readable')
    .action(parked);
  projections
    .command('retry')
    .description('apply parked events, each stream in its order up to the first that still fails')
    .argument('<name>', 'as `ganglion projections list` shows it')
    .option('--stream <stream>', 'only this stream')
    .addOption(new Option('--pos <n>', 'only this event, the first parked of its stream').conflicts('stream'))
    .option('--json', 'machine-readable')
    .action(retry);
}

const REBUILD_HELP = `
The projection goes on serving meanwhile; at the end it stands still while the tables are compared, about a second for
each million rows. Whatever goes wrong, and if the process dies: the tables that served go on serving. Ends with 1 when
the tables differ and --replace was not given. Ctrl-C ends this command, not the rebuild.`;

async function list({ json }: Json): Promise<void> {
  const found = await ProjectionsClient.during((client) => client.list());
  print(json ?? false, found, () => [
    ...describeList(found.projections),
    ...found.silent.map((service) => `  ! ${service} does not answer; \`ganglion status\` says whether it runs`),
  ]);
  if (found.silent.length > 0) process.exitCode = 1;
}

async function rebuild(name: string, { replace = false, json = false }: Json & { replace?: boolean }): Promise<void> {
  await ProjectionsClient.during(async (client) => {
    const projection = await client.find(name);
    const id = await client.rebuild(projection, replace);
    const { report } = await follow<RebuildJob>(client, projection, id, json, ({ progress }) =>
      progress ? describeProgress(progress) : null,
    );
    print(json, report, () => describeRebuild(name, report!));
    if (report!.outcome === 'refused') process.exitCode = 1;
  });
}

async function parked(name: string | undefined, { limit, json = false }: Json & { limit: string }): Promise<void> {
  const most = wholeNumber(limit, '--limit');
  const events = await ProjectionsClient.during(async (client) => {
    const services: readonly LogService[] = name === undefined ? LOG_SERVICES : [(await client.find(name)).service];
    return client.parked(services, name ?? null, most);
  });
  print(json, events, () => describeParked(events));
}

async function retry(
  name: string,
  { stream, pos, json = false }: Json & { stream?: string; pos?: string },
): Promise<void> {
  const which = {
    ...(stream === undefined ? {} : { stream }),
    ...(pos === undefined ? {} : { pos: wholeNumber(pos, '--pos') }),
  };
  await ProjectionsClient.during(async (client) => {
    const projection = await client.find(name);
    const id = await client.retry(projection, which);
    const { report } = await follow<RetryJob>(
      client,
      projection,
      id,
      json,
      ({ applied }) => `${applied} events applied`,
    );
    print(json, report, () => describeRetry(name, report!));
    if (report!.failed.length > 0) process.exitCode = 1;
  });
}

/** To its end, telling how far it is. @throws ProblemToSay when it was given up */
async function follow<Job extends RebuildJob | RetryJob>(
  client: ProjectionsClient,
  { name, service }: ProjectionStatus,
  id: string,
  json: boolean,
  describe: (job: Job) => string | null,
): Promise<Job> {
  const line = new ProgressLine(json ? process.stderr : process.stdout, () => systemClock.monotonicMs());
  const onInterrupt = () => {
    line.end();
    process.stderr.write('It goes on in the service; `ganglion projections list` shows how far it is.\n');
    process.exit(130);
  };
  process.once('SIGINT', onInterrupt);
  try {
    const ended = await watchJob(client, { service, name, id }, (job) => {
      const text = describe(job as Job);
      if (text !== null) line.show(text);
    });
    line.end();
    if (ended.problem !== null) {
      const kept = ended.kind === 'rebuild' ? ', and the tables that served go on serving' : '';
      throw new ProblemToSay(`Given up${kept}: ${ended.problem}`);
    }
    return ended as Job;
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}

function wholeNumber(text: string, option: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new ProblemToSay(`${option} takes a whole number, not ${text}`);
  return Number(text);
}
