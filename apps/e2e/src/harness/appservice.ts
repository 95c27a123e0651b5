import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface ReceivedTransaction {
  txnId: string;
  authorization: string | undefined;
  events: { event_id: string; type: string; room_id: string; sender: string; content: Record<string, unknown> }[];
}

/** A bridge as the homeserver sees it: a registration file and an HTTP server that keeps what it is sent. */
export class TestAppservice {
  readonly transactions: ReceivedTransaction[] = [];
  readonly asToken = 'as_token_of_the_test_bridge';
  readonly hsToken = 'hs_token_of_the_test_bridge';
  registrationFile = '';
  private server: Server | undefined;
  private readonly waiting = new Set<() => void>();

  async start(): Promise<void> {
    this.server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk) => (text += chunk));
      request.on('end', () => this.handle(request, response, text));
    });
    await new Promise<void>((resolve) => this.server!.listen(0, '127.0.0.1', resolve));
    const { port } = this.server.address() as AddressInfo;
    this.registrationFile = join(mkdtempSync(join(tmpdir(), 'ganglion-e2e-as-')), 'bridge.yaml');
    writeFileSync(
      this.registrationFile,
      `id: bridge
url: http://127.0.0.1:${port}
as_token: ${this.asToken}
hs_token: ${this.hsToken}
sender_localpart: bridge
rate_limited: false
namespaces:
  users: [{ exclusive: true, regex: '@bridge_.*:localhost' }]
  aliases: []
  rooms: []
`,
    );
  }

  /** Every event received, in order; an event that came twice stands here twice. */
  events() {
    return this.transactions.flatMap(({ events }) => events);
  }

  async until(test: () => boolean): Promise<void> {
    while (!test()) await new Promise<void>((resolve) => this.waiting.add(resolve));
  }

  stop(): void {
    this.server?.closeAllConnections();
    this.server?.close();
    if (this.registrationFile) rmSync(dirname(this.registrationFile), { recursive: true, force: true });
  }

  /** Answers everything with success. */
  protected handle(request: IncomingMessage, response: ServerResponse, text: string): void {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    const txnId = txnIdOf(request);
    if (txnId) this.receive(txnId, request.headers.authorization, JSON.parse(text) as ReceivedTransaction);
  }

  private receive(txnId: string, authorization: string | undefined, { events }: ReceivedTransaction): void {
    this.transactions.push({ txnId, authorization, events });
    for (const wake of this.waiting) wake();
    this.waiting.clear();
  }
}

/** Undefined: the request brings no transaction. */
export function txnIdOf({ url = '' }: IncomingMessage): string | undefined {
  return /\/_matrix\/app\/v1\/transactions\/([^?]+)/.exec(url)?.[1];
}
