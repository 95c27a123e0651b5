import { loadConfig, processEnvironment } from '@ganglion/config';
import { LOG_SERVICES, logOf, subjects, type LogService, type StoredEvent } from '@ganglion/contracts';
import { isSealed } from '@ganglion/event-store';
import { Bus } from '@ganglion/messaging';
import { PUBLIC_STREAMS, subscribe, type PublicDomain, type ReceivedEvent } from '@ganglion/subscriber';
import { Argument, Option, type Command } from 'commander';
import { dataFolder, ProblemToSay, runningSystem } from '../place.js';
import { addEventsVerify } from './events-verify.js';

export function addEvents(program: Command): void {
  const events = program.command('events').description('what was decided');
  events
    .command('tail')
    .description('follow the public events of a domain, as other people’s services see them')
    .addArgument(new Argument('<domain>').choices(Object.keys(PUBLIC_STREAMS)))
    .option('--all', 'first everything the stream still holds')
    .option('--type <type>', 'only events of this type, e.g. user.shadow_banned')
    .option('--json', 'one JSON object a line')
    .action((domain: PublicDomain, options: { all?: boolean; type?: string; json?: boolean }) => tail(domain, options));
  events
    .command('read')
    .description('read a service’s own log, from its database, in order')
    .addArgument(new Argument('<service>').choices(LOG_SERVICES))
    .option('--after <position>', 'first position to leave out', '0')
    .addOption(new Option('--limit <n>', 'events to show').default('50'))
    .option('--json', 'one JSON object a line')
    .action((service: LogService, options: { after: string; limit: string; json?: boolean }) => read(service, options));
  addEventsVerify(events);
}

async function tail(domain: PublicDomain, options: { all?: boolean; type?: string; json?: boolean }): Promise<void> {
  const { nats } = runningSystem(dataFolder());
  if (!nats) throw new ProblemToSay('NATS is not up yet. `ganglion status` says when the system is ready.');
  const { server } = loadConfig(processEnvironment());
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const { protocol, host } = new URL(nats.url);
  const received = subscribe({
    servers: nats.subscriber ? `${protocol}//${host}` : nats.url,
    ...(nats.subscriber ? { user: nats.subscriber.user, pass: nats.subscriber.password } : {}),
    deployment: server.deployment,
    domain,
    ...(options.type ? { type: options.type } : {}),
    ...(options.all ? {} : { after: 'new' as const }),
    signal: stop.signal,
  });
  for await (const event of received)
    process.stdout.write(`${options.json ? JSON.stringify(event) : describePublic(event)}\n`);
}

export function describePublic({ at, pos, type, subject, data }: ReceivedEvent): string {
  return `${new Date(at).toISOString()}  ${pos}  ${type}  ${subject.id}  ${JSON.stringify(data, shownSealed)}`;
}

/** Only the service that wrote it has the key, if anybody still has. */
function shownSealed(_name: string, value: unknown): unknown {
  return isSealed(value) ? '[sealed]' : value;
}

async function read(service: LogService, options: { after: string; limit: string; json?: boolean }): Promise<void> {
  const [after, limit] = [wholeNumber(options.after, '--after'), wholeNumber(options.limit, '--limit')];
  const { nats } = runningSystem(dataFolder());
  if (!nats) throw new ProblemToSay('NATS is not up yet. `ganglion status` says when the system is ready.');
  const { server } = loadConfig(processEnvironment());
  const bus = await Bus.connect({
    url: nats.url,
    prefix: server.deployment,
    name: 'ganglion-cli',
    report: () => undefined,
  });
  try {
    for (let pos = after, left = limit; left > 0;) {
      const subject = subjects.logRead(service, logOf(service));
      const page = (await bus.request(subject, { after: pos, limit: Math.min(left, 500) }, 10_000)) as {
        events: StoredEvent[];
      };
      for (const event of page.events)
        process.stdout.write(`${options.json ? JSON.stringify(event) : describeStored(event)}\n`);
      const last = page.events.at(-1);
      if (!last) return;
      pos = last.pos;
      left -= page.events.length;
    }
  } finally {
    await bus.close();
  }
}

function describeStored({ atMs, pos, type, stream, ver, meta }: StoredEvent): string {
  return `${new Date(atMs).toISOString()}  ${pos}  ${type}  ${stream}@${ver}  by ${meta.actor}`;
}

function wholeNumber(text: string, option: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new ProblemToSay(`${option} takes a whole number, not ${text}`);
  return Number(text);
}
