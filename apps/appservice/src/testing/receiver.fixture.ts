import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  method: string;
  path: string;
  /** Last part of the path. */
  txnId: string;
  headers: IncomingHttpHeaders;
  text: string;
  /** `content.body` of each event, else its type. */
  bodies: string[];
}

type Answer = (response: ServerResponse, request: Received) => void;

export const ok: Answer = (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
export const status =
  (code: number, body = '{}', headers: Record<string, string> = {}): Answer =>
  (response) =>
    void response.writeHead(code, headers).end(body);
export const reset: Answer = (response) => void response.socket!.destroy();
export const hang: Answer = () => undefined;

/** A real HTTP server in the place of a bridge. */
export class Receiver {
  readonly requests: Received[] = [];
  answer: Answer = ok;
  private readonly watchers = new Set<() => void>();

  private constructor(private readonly server: Server) {}

  static async open(): Promise<Receiver> {
    const server = createServer();
    const receiver = new Receiver(server);
    server.on('request', (request, response) => void receiver.take(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Bodies of all events received, in order, of requests that were answered as the test wanted. */
  get bodies(): string[] {
    return this.requests.flatMap(({ bodies }) => bodies);
  }

  /** Resolves when `condition` holds, looked at after each request. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        const watcher = () => {
          this.watchers.delete(watcher);
          resolve();
        };
        this.watchers.add(watcher);
      });
    }
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const path = request.url!;
    const received: Received = {
      method: request.method!,
      path,
      txnId: path.slice(path.lastIndexOf('/') + 1),
      headers: request.headers,
      text,
      bodies: bodiesOf(text),
    };
    this.requests.push(received);
    this.answer(response, received);
    for (const watcher of this.watchers) watcher();
  }
}

function bodiesOf(text: string): string[] {
  const { events } = JSON.parse(text) as { events: { type: string; content: { body?: string } }[] };
  return events.map(({ type, content }) => content.body ?? type);
}
