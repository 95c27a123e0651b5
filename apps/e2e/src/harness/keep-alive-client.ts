import { Agent, request } from 'node:http';

export interface Heard {
  status: number;
  body: Record<string, unknown>;
  /** The server said that it ends the connection with this answer. */
  closes: boolean;
}

/**
 * A client that keeps one connection and sends one request after the other on it, as long as the server lets it. Nothing is
 * ever sent twice: what was sent and not answered throws.
 */
export class KeepAliveClient {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(
    private readonly baseUrl: string,
    private readonly token?: string,
  ) {}

  ask(method: string, path: string, body?: unknown, token = this.token): Promise<Heard> {
    const headers = token ? { authorization: `Bearer ${token}` } : {};
    return new Promise((resolve, reject) => {
      const sent = request(this.baseUrl + path, { method, agent: this.agent, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: JSON.parse(text) as Record<string, unknown>,
            closes: response.headers.connection === 'close',
          }),
        );
        response.on('error', reject);
      });
      sent.on('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  close(): void {
    this.agent.destroy();
  }
}
