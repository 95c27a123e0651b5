import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A TCP proxy in front of Postgres that fails on command, where a real network would: after the server has got a statement
 * and before its answer arrives, or before the statement arrives.
 */
export class FaultyProxy {
  private readonly sockets = new Set<Socket>();
  private fault: 'none' | 'lose-answer' | 'hold-request' | 'refuse' = 'none';
  private readonly held: (() => Promise<void>)[] = [];
  private server: Server | null = null;
  private port = 0;

  constructor(private readonly target: URL) {}

  /** Connection string of the proxy. */
  async listen(): Promise<string> {
    this.server = createServer((client) => this.accept(client));
    await new Promise<void>((resolve) => this.server!.listen(0, '127.0.0.1', resolve));
    this.port = (this.server.address() as { port: number }).port;
    const url = new URL(this.target);
    url.host = `127.0.0.1:${this.port}`;
    return url.href;
  }

  /** The next request reaches the server, its answer is lost and the connection with it. */
  loseNextAnswer(): void {
    this.fault = 'lose-answer';
  }

  /** The next request stays in the network while the client's connection breaks; `release` delivers it. */
  holdNextRequest(): void {
    this.fault = 'hold-request';
  }

  /** Delivers what was held; resolves when the server has answered it. */
  async release(): Promise<void> {
    await Promise.all(this.held.splice(0).map((deliver) => deliver()));
  }

  get holding(): number {
    return this.held.length;
  }

  /** Cuts every connection and takes no new one until `recover`. */
  fail(): void {
    this.fault = 'refuse';
    for (const socket of this.sockets) socket.destroy();
  }

  recover(): void {
    this.fault = 'none';
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((resolve) => this.server!.close(() => resolve()));
  }

  private accept(client: Socket): void {
    if (this.fault === 'refuse') return void client.destroy();
    const server = connect(Number(this.target.port || 5432), this.target.hostname);
    this.track(client);
    this.track(server);
    let held = false;
    client.on('data', (chunk) => {
      if (this.fault === 'hold-request') {
        this.fault = 'none';
        held = true;
        this.held.push(
          () =>
            new Promise((resolve) => {
              server.once('data', () => resolve());
              server.write(chunk);
            }),
        );
        client.destroy();
      } else server.write(chunk);
    });
    server.on('data', (chunk) => {
      if (this.fault === 'lose-answer') {
        this.fault = 'none';
        client.destroy();
      } else if (!client.destroyed) client.write(chunk);
    });
    // A held request's server side stays open: that is the statement still on its way.
    client.on('close', () => void (held || server.end()));
    server.on('close', () => client.destroy());
  }

  private track(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.sockets.delete(socket));
  }
}
