// Requester resolution through the whole gateway, beside a Nest + Fastify route that does nothing.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import autocannon from 'autocannon';
import { Client } from './client.mjs';
import { Report } from './report.mjs';

const PATH = '/_matrix/client/v3/account/whoami';

const cannon = (url, headersOf, seconds = 5) =>
  autocannon({
    url: url + PATH,
    connections: 16,
    duration: seconds,
    requests: Array.from({ length: 16 }, (_, i) => ({ path: PATH, headers: headersOf(i) })),
  });

export async function benchWhoami({ system }) {
  const report = new Report('whoami, 16 users, 16 connections (load generator on the same two cores)');
  const noop = fork(new URL('./noop-server.mjs', import.meta.url));
  const [{ url }] = await once(noop, 'message');
  const client = new Client(system.url);
  const users = await Promise.all(Array.from({ length: 16 }, (_, i) => client.user(`whoami-${i}`)));
  const good = (i) => ({ authorization: `Bearer ${users[i % 16].token}` });
  await cannon(url, good, 2);
  await cannon(system.url, good, 2);
  const bare = await cannon(url, good);
  const ours = await cannon(system.url, good);
  if (ours.non2xx > 0) throw new Error(`${ours.non2xx} answers were not 200`);
  report.add('whoami', ours.requests.average, 'requests/s', {
    bare: bare.requests.average,
    target: '≥ 10,000/s and ≥ 40 %',
  });
  report.add('whoami, p99', ours.latency.p99, 'ms', { bare: bare.latency.p99, target: '≤ 10 ms' });
  const junk = await cannon(system.url, (i) => ({ authorization: `Bearer gat_unknown${i}_unknown` }));
  report.add('storm of unknown tokens', junk.requests.average, 'requests/s', {
    bare: bare.requests.average,
    target: '≥ 8,000/s',
  });
  noop.disconnect();
  await client.close();
  report.print();
}
