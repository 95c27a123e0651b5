import { Server as NetServer } from 'node:net';
import type { Server } from 'node:http';
import { doneWithin, systemTimers } from '@ganglion/kernel';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** A client that is talking sends its next request within this and hears with the answer that the connection ends. */
const LINGER_MS = 500;

/**
 * Connections that may wait to be accepted; the system's own limit comes on top. With Node's 511 a crowd that comes at once
 * is dropped without a word and tries again after seconds, instead of hearing that it should.
 */
const BACKLOG = 4_096;

/** A socket that another process has bound for us; Node's `listen` takes it as it is. */
export interface ListenHandle {
  getsockname(out: object): number;
}

/** What of a process this needs: whether its parent has a socket for it, and the message that brings it. */
interface Child {
  argv: readonly string[];
  once(event: 'message', listener: (message: unknown, handle: unknown) => void): unknown;
}

/**
 * The socket that all gateways of this machine listen on, if the launcher started this process and holds one
 * (tools/up/listener.mjs); undefined: the gateway opens its own. To be asked before anything else waits for messages.
 */
export function listenerOfParent(child: Child): Promise<ListenHandle> | undefined {
  if (!child.argv.includes('--listener=parent')) return undefined;
  return new Promise((resolve) => child.once('message', (_message, handle) => resolve(handle as ListenHandle)));
}

/** Begins to accept clients' connections: on a socket that was handed over, or on one of our own. */
export async function acceptClients(
  app: NestFastifyApplication,
  on: ListenHandle | { host: string; port: number },
): Promise<void> {
  if ('port' in on) return void (await app.listen({ ...on, backlog: BACKLOG }));
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  const server = app.getHttpServer() as Server;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(on, BACKLOG, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/**
 * Accepts nothing more; connections that exist stay. A handed socket stays open elsewhere, so that new clients reach
 * another gateway or wait for the next. Resolves when every connection has ended, or after `LINGER_MS`: closing at once
 * those that rest would cut a request that is on its way.
 */
export async function refuseClients(app: NestFastifyApplication): Promise<void> {
  // HTTP's own `close` ends resting connections, too.
  const allEnded = new Promise<void>((resolve) => {
    NetServer.prototype.close.call(app.getHttpServer() as Server, () => resolve());
  });
  await doneWithin(systemTimers, LINGER_MS, allEnded);
}
