import { loadConfig, processEnvironment } from '@ganglion/config';
import { LOG_SERVICES, logOf, type LogService } from '@ganglion/contracts';
import { verifyLog, type Fault, type Verified } from '@ganglion/event-store';
import { Argument, type Command } from 'commander';
import pg from 'pg';
import { openPlace } from '../backup/system-place.js';
import { print, table } from '../output/print.js';
import { ProblemToSay } from '../place.js';
import { anchorsOf, anchorText, type ServiceAnchor } from './anchors.js';

interface VerifiedLog extends Verified {
  service: LogService;
  /** To be given to `--anchor` another time. */
  anchor: string;
}

interface Options {
  anchor: string[];
  dataDir?: string;
  json?: boolean;
}

/** How often a long log says how far it is. */
const TELL_EVERY_MS = 5_000;

export function addEventsVerify(events: Command): void {
  events
    .command('verify')
    .description('check that no log was changed behind its service’s back, and say where')
    .addArgument(new Argument('[service...]', 'all of them unless named').choices(LOG_SERVICES))
    .option(
      '--anchor <service:position:link>',
      'what an earlier run gave, kept elsewhere; may be repeated',
      (anchor: string, before: string[]) => [...before, anchor],
      [],
    )
    .option('--data-dir <folder>', 'the data folder of the system')
    .option('--json', 'machine-readable')
    .action((services: LogService[], options: Options) =>
      verify(services.length > 0 ? services : LOG_SERVICES, options),
    );
}

async function verify(services: readonly LogService[], { anchor, dataDir, json = false }: Options): Promise<void> {
  const anchors = anchorsOf(anchor, services);
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const place = await openPlace({ config: loadConfig(processEnvironment()), dataDir, say });
  try {
    const logs: VerifiedLog[] = [];
    for (const service of services) logs.push(await verifyService(service, place.urls[service], anchors, say));
    const ok = logs.every(({ finding }) => finding === null);
    print(json, { ok, logs }, () => describeVerified(logs));
    process.exitCode = ok ? 0 : 1;
  } finally {
    await place.close();
  }
}

async function verifyService(
  service: LogService,
  url: string,
  anchors: readonly ServiceAnchor[],
  say: (line: string) => void,
): Promise<VerifiedLog> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    application_name: 'ganglion verify',
  });
  client.on('error', () => undefined); // the statement under way fails and says so
  let toldAtMs = performance.now();
  const onProgress = (checked: number, total: number) => {
    if (performance.now() - toldAtMs < TELL_EVERY_MS) return;
    toldAtMs = performance.now();
    say(`  ${service}: ${checked.toLocaleString('en')} of ${total.toLocaleString('en')} events`);
  };
  try {
    await client.connect();
    const expect = anchors.filter((one) => one.service === service);
    const verified = await verifyLog(client, logOf(service), { expect, onProgress });
    return { service, ...verified, anchor: anchorText(service, verified) };
  } catch (error) {
    throw new ProblemToSay(`The log of ${service} cannot be verified: ${meaningOf(error as Error)}`);
  } finally {
    await client.end().catch(() => undefined); // it may never have connected
  }
}

/** Undefined column and undefined table. */
const OLD_SCHEMA = new Set(['42703', '42P01']);

function meaningOf(error: Error & { code?: string }): string {
  if (!OLD_SCHEMA.has(error.code ?? '')) return error.message;
  return 'its database has no chain yet. It gets one when the service starts, or by `ganglion upgrade`.';
}

export function describeVerified(logs: readonly VerifiedLog[]): string[] {
  const rows = logs.flatMap(({ service, events, anchor, finding }) =>
    finding
      ? [
          ['BAD', service, `position ${finding.pos}: ${finding.detail}`],
          ['', '', `→ ${NEXT[finding.fault] ?? CHANGED}`],
        ]
      : [['ok', service, `${events.toLocaleString('en')} events, anchor ${anchor}`]],
  );
  const bad = logs.filter(({ finding }) => finding).length;
  const verdict =
    bad > 0
      ? `${bad} of ${logs.length} log(s) are not what their services wrote.`
      : 'Every log is what its service wrote. Keep the anchors on another machine: given to --anchor the next time, they also ' +
        'show a log that was cut off or written anew as a whole.';
  return [...table(rows), '', verdict];
}

const CHANGED =
  'something else than the service has written to this database. Keep a copy of it as it is, find out who can write to it, ' +
  'and restore a backup that verifies: `ganglion restore --help`';

const NEXT: Partial<Record<Fault, string>> = {
  rewritten:
    'was a backup restored that is older than the anchor? Then take a new anchor. If not, the log was written anew: keep a copy ' +
    'of it as it is, find out who can write to it, and restore a backup that verifies with this anchor',
  version:
    'no row was changed, so the service itself appended this: a defect of Ganglion. Please report it with the events of that ' +
    'stream: `ganglion events read`',
};
