import type { Config } from '@ganglion/config';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { RunFile } from '../place.js';
import { bad, good, type Finding } from './finding.js';

export async function examineBus(run: RunFile | null, config: Config): Promise<Finding[]> {
  const url = new URL((run?.nats?.url ?? config.nats.url).split(',')[0]!);
  const shown = `${url.protocol}//${url.host}`;
  let connection: NatsConnection;
  try {
    connection = await connect({
      servers: shown,
      ...(url.username ? { user: url.username, pass: decodeURIComponent(url.password) } : {}),
      timeout: 3_000,
      reconnect: false,
    });
  } catch (error) {
    const mend = run
      ? 'look into logs/nats.log in the data folder'
      : 'start the system with `npm start`, or set GANGLION_NATS_URL';
    return [bad('NATS', `${shown}: ${(error as Error).message}`, mend)];
  }
  try {
    return [server(connection), await streams(connection)];
  } finally {
    await connection.close();
  }
}

function server({ info }: NatsConnection): Finding {
  const version = info?.version ?? 'unknown';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 2 || (major === 2 && minor >= 9)) return good('NATS', `nats-server ${version}`);
  return bad('NATS', `nats-server ${version}`, 'install nats-server 2.9 or newer');
}

async function streams(connection: NatsConnection): Promise<Finding> {
  try {
    const { streams: count, storage } = await (await jetstreamManager(connection)).getAccountInfo();
    return good('JetStream', `${count} streams, ${(storage / 1024 ** 2).toFixed(1)} MiB`);
  } catch (error) {
    return bad('JetStream', (error as Error).message, 'start nats-server with JetStream (`-js`) for this account');
  }
}
