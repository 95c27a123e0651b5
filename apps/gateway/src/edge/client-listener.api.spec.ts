import { Agent, request } from 'node:http';
import net, { connect, type AddressInfo, type Socket } from 'node:net';
import { createLogger } from '@ganglion/observability';
import { FakeSystem } from '../fake-system.fixture.js';
import { startGateway } from '../start-gateway.js';
import { listenerOfParent, type ListenHandle } from './client-listener.http.js';

const VERSIONS = '/_matrix/client/versions';

describe('a gateway that stops', () => {
  let system: FakeSystem;
  beforeEach(async () => {
    system = await FakeSystem.start();
  });
  afterEach(() => system.stop());

  it('answers what comes on a connection that exists, says that it ends, and takes no new one', async () => {
    const { hostname, port } = new URL(system.gateway.url);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = () =>
      new Promise<{ status: number; connection: string | undefined; reused: boolean }>((resolve, reject) => {
        const sent = request({ hostname, port, path: VERSIONS, agent }, (response) => {
          const { statusCode = 0, headers } = response.resume();
          const { connection } = headers;
          response.on('end', () => resolve({ status: statusCode, connection, reused: sent.reusedSocket }));
        });
        sent.on('error', reject).end();
      });
    expect(await ask()).toEqual({ status: 200, connection: 'keep-alive', reused: false });
    // One that has said nothing yet: its request may be on its way.
    const fresh = await connected(Number(port), hostname);
    const stopped = system.stopGateway();
    await expect(connected(Number(port), hostname)).rejects.toThrow('ECONNREFUSED');
    expect(await ask()).toEqual({ status: 200, connection: 'close', reused: true });
    fresh.write(`GET ${VERSIONS} HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(await all(fresh)).toMatch(/^HTTP\/1\.1 200 [^]*connection: close/i);
    await stopped;
    agent.destroy();
  });

  it('does not wait for connections that stay silent', async () => {
    const { hostname, port } = new URL(system.gateway.url);
    const silent = await connected(Number(port), hostname);
    await system.stopGateway();
    expect(await all(silent)).toBe('');
  });
});

describe('the socket of a parent', () => {
  it('is asked for only when the parent says that it has one', async () => {
    const handle = {} as ListenHandle;
    const child = (...argv: string[]) => ({
      argv,
      once: (_: string, listener: (message: unknown, handle: unknown) => void) => listener({ type: 'listen' }, handle),
    });
    expect(listenerOfParent(child('node', 'main.js'))).toBeUndefined();
    expect(await listenerOfParent(child('node', 'main.js', '--listener=parent'))).toBe(handle);
  });

  it('is listened on instead of the configured address, and only by a gateway that can serve', async () => {
    const system = await FakeSystem.start();
    system.stopFence('moderation');
    const socket = boundSocket();
    const config = system.config({ GANGLION_LISTEN: '127.0.0.1:1' }); // nobody may listen there, and nobody tries
    const starting = startGateway({ config, logger: createLogger('gateway', 'fatal') }, Promise.resolve(socket.handle));
    const reports = () => system.deployment.rpc.each('gateway', 'health', {}, { expectMs: 200 });
    await system.until(async () => (await reports()).length === 2); // it has come so far as to wait for the fence
    await expect(connected(socket.port, '127.0.0.1')).rejects.toThrow('ECONNREFUSED');
    await system.startFence('moderation');
    const gateway = await starting;
    expect(gateway.url).toBe(`http://127.0.0.1:${socket.port}`);
    expect((await fetch(gateway.url + VERSIONS)).status).toBe(200);
    await gateway.stop();
    await system.stop();
  });
});

/** As the launcher makes it (tools/up/listener.mjs): bound, and nobody accepts. */
function boundSocket(): { handle: ListenHandle; port: number } {
  const make = (net as unknown as Record<'_createServerHandle', (...address: unknown[]) => ListenHandle>)
    ._createServerHandle;
  const handle = make('127.0.0.1', 0, 4);
  const address = {} as AddressInfo;
  handle.getsockname(address);
  return { handle, port: address.port };
}

function connected(port: number, host: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host, () => resolve(socket));
    socket.once('error', reject);
  });
}

/** All that comes until the other side ends the connection. */
async function all(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}
