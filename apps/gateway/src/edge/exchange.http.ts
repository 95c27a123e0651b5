import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Refusal } from '@ganglion/kernel';
import { CLIENT_GONE, type Answer } from './answer.js';
import { CORS, REQUEST_ID } from './cors.js';
import { ClientGone } from './request-body.reader.js';

/** One request and the one answer it gets. */
export class Exchange {
  /** Methods that the path knows; told with a 405. */
  allow: string | null = null;
  private controller: AbortController | null = null;

  constructor(
    readonly id: string,
    readonly request: IncomingMessage,
    private readonly response: ServerResponse,
  ) {}

  /** Fires when the client goes away or what it may do ends; its reason is what to answer. Made only when asked for. */
  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      if (this.response.destroyed) this.controller.abort(new ClientGone());
      else this.response.once('close', () => this.closed());
    }
    return this.controller.signal;
  }

  private closed(): void {
    // Every response closes; only one that was not finished has lost its client.
    if (!this.response.writableFinished) this.controller?.abort(new ClientGone());
  }

  /** Whatever is under way for this request stops, and the client is told why. */
  cut(refusal: Refusal): void {
    this.controller?.abort(refusal);
  }

  /** @returns the status that was sent */
  send({ status, body, type = 'application/json', headers }: Answer, closing: boolean): number {
    const { response, request } = this;
    if (response.destroyed || response.headersSent) return CLIENT_GONE;
    const all = [...CORS, REQUEST_ID, this.id, 'Content-Type', type, 'Content-Length', String(Buffer.byteLength(body))];
    if (headers) for (const [name, value] of Object.entries(headers)) all.push(name, value);
    if (closing) all.push('Connection', 'close');
    response.writeHead(status, all);
    response.end(request.method === 'HEAD' ? undefined : body);
    return status;
  }
}
