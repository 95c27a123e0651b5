// Request/reply over NATS: our client and Nest strategy beside the raw client and a raw subscriber.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { systemClock } from '@ganglion/kernel';
import { Bus, RpcClient } from '@ganglion/messaging';
import { connect } from '@nats-io/transport-node';
import { load, Report } from './report.mjs';

const MS = 3_000;

export async function benchRpc({ natsUrl }) {
  const report = new Report('Request/reply over NATS, two processes');
  const responder = fork(new URL('./rpc-responder.mjs', import.meta.url), [natsUrl]);
  await once(responder, 'message');
  const bus = await Bus.connect({ url: natsUrl, prefix: 'bench', name: 'bench-caller', report: console.error });
  const rpc = new RpcClient({ bus, clock: systemClock });
  const { protocol, host, username, password } = new URL(natsUrl);
  const raw = await connect({
    servers: `${protocol}//${host}`,
    ...(username ? { user: username, pass: decodeURIComponent(password) } : {}),
  });
  const body = { hello: 'world' };
  const bytes = JSON.stringify(body);
  for (const callers of [1, 16, 64]) {
    const bare = await load(callers, MS, () => raw.request('bench.raw.echo', bytes, { timeout: 5_000 }));
    const ours = await load(callers, MS, () => rpc.query('auth', 'echo', body));
    report.add(`${callers} callers`, ours.perSecond, 'calls/s', { bare: bare.perSecond });
    report.add(`${callers} callers, p99`, ours.p99, 'ms', { bare: bare.p99 });
  }
  await raw.close();
  await bus.close();
  responder.disconnect();
  report.print();
}
