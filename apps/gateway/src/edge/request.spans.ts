import type { IncomingMessage } from 'node:http';
import { tracing, type TraceSpan } from '@ganglion/observability';
import { isOperational } from './admission.js';
import { CLIENT_GONE } from './answer.js';

/** Other methods are words a client made up. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE']);

export interface TracedRequest {
  request: IncomingMessage;
  /** Name in the table of routes, or what else it was. */
  route: string;
  /** As in the table. Never the path itself: it holds ids of people and rooms, and what follows it holds tokens. */
  template: string | null;
  requestId: string;
  /** A trace that the client says it has begun is gone on with. */
  honourTraceparent: boolean;
}

/** @returns null while tracing is off, and for health and figures */
export function requestSpan(traced: TracedRequest): TraceSpan | null {
  const on = tracing();
  const { request, route, template, requestId, honourTraceparent } = traced;
  if (!on || isOperational(route)) return null;
  const method = METHODS.has(request.method ?? '') ? request.method! : '_OTHER';
  const name = method === '_OTHER' ? 'HTTP' : method;
  const traceparent = honourTraceparent ? request.headers['traceparent'] : undefined;
  return on.server(template ? `${name} ${template}` : name, typeof traceparent === 'string' ? traceparent : undefined, {
    'http.request.method': method,
    ...(template ? { 'http.route': template } : {}),
    'url.scheme': 'http',
    'network.protocol.version': request.httpVersion,
    'ganglion.route': route,
    'ganglion.request_id': requestId,
  });
}

/** A refusal is an answer like any other; only what nobody meant, or could not be done, is an error. */
export function endRequestSpan(span: TraceSpan, status: number, errcode: string | undefined): void {
  if (errcode !== undefined) span.set({ 'matrix.errcode': errcode });
  if (status === CLIENT_GONE) span.failed('client_gone');
  else span.set({ 'http.response.status_code': status });
  if (status >= 500) span.failed(errcode ?? String(status));
  span.end();
}
