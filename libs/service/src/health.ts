import { createServer, type Server } from 'node:http';
import type { ServiceName } from '@ganglion/contracts';
import type { Registry } from '@ganglion/observability';

/** What an instance says of itself when asked (`each.<service>.health`, its own port). */
export interface HealthReport {
  service: ServiceName;
  instance: string;
  ready: boolean;
  /** Why it is not ready; when it is, what somebody should look at all the same. */
  problems: string[];
  /** Reader of a log → its position. */
  positions: Record<string, number>;
  /** Whether this process does what only one of the service does. Absent: it has no log. */
  leader?: boolean;
  /** Virtual shards that it owns. */
  shards?: number;
}

/**
 * `/health/live`: the process runs its event loop. `/health/ready`: it can serve: database, bus and readers are there.
 * `/metrics`: Prometheus. On the service's own port, loopback unless configured otherwise.
 */
export async function serveHealth(
  listen: string,
  report: () => Promise<HealthReport>,
  registry: Registry,
): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    answer(request.url ?? '/', report, registry).then(
      ({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body),
      (error: unknown) => response.writeHead(500, { 'content-type': 'text/plain' }).end((error as Error).message),
    );
  });
  const at = listen.lastIndexOf(':');
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(listen.slice(at + 1)), listen.slice(0, at), resolve);
  });
  return { port: (server.address() as { port: number }).port, close: () => close(server) };
}

async function answer(path: string, report: () => Promise<HealthReport>, registry: Registry) {
  if (path === '/health/live') return { status: 200, type: 'text/plain', body: 'OK' };
  if (path === '/metrics' || path === '/_ganglion/metrics') {
    return { status: 200, type: registry.contentType, body: await registry.metrics() };
  }
  if (path === '/health/ready') {
    const health = await report();
    return { status: health.ready ? 200 : 503, type: 'application/json', body: JSON.stringify(health) };
  }
  return { status: 404, type: 'text/plain', body: 'Not found' };
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
