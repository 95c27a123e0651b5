import { LOG_SERVICES } from '@ganglion/contracts';
import type { LogFacts, Violation } from '../history.js';
import { groupBy, repeated, type Check } from './violations.js';

/** Every log: positions without holes up to its head, versions without holes in every stream, no event twice. */
export const checkLogs: Check = (_, { logs }) => LOG_SERVICES.flatMap((service) => checkLog(service, logs[service]));

function checkLog(service: string, { head, rows }: LogFacts): Violation[] {
  const wrong = (text: string): Violation => ({ rule: 'log', text: `${service}: ${text}` });
  const found: Violation[] = [];
  const hole = rows.findIndex(({ pos }, i) => pos !== i + 1);
  if (hole >= 0) found.push(wrong(`position ${hole + 1} is missing or doubled`));
  if (hole < 0 && rows.length !== head) found.push(wrong(`it ends at ${rows.length}, its head is ${head}`));
  for (const [stream, events] of groupBy(rows, (row) => row.stream)) {
    const gap = events.findIndex(({ ver }, i) => ver !== i + 1);
    if (gap >= 0) found.push(wrong(`version ${gap + 1} of ${stream} is missing or doubled`));
  }
  for (const id of repeated(rows.map((row) => row.id))) found.push(wrong(`event ${id} is there twice`));
  return found;
}
