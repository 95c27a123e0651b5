import { during, errorTypeOf, tracing, type TraceSpan } from '@ganglion/observability';
import type { CallHeaders } from '../wire/call-headers.js';
import { RemoteError } from '../wire/errors.js';
import type { WireError } from '../wire/wire-error.js';

/** What the names are of a request on the bus: `sendEvent` of `rooms`, for `cmd.rooms.7` with the operation in a header. */
function attributesOf(subject: string, operation: string | undefined) {
  const [kind = '', service = '', ...rest] = subject.split('.');
  const method = operation ?? (kind === 'log' ? 'log.read' : rest.join('.'));
  const attributes = { 'rpc.system': 'nats', 'rpc.service': service, 'rpc.method': method };
  return { method, attributes: { ...attributes, 'messaging.destination.name': subject } };
}

/** The caller's side. @returns null where nothing traced goes on */
export function clientSpan(subject: string, operation: string | undefined): TraceSpan | null {
  const on = tracing();
  if (!on) return null;
  const { method, attributes } = attributesOf(subject, operation);
  return on.child(method, 'client', attributes);
}

/** What was refused on the other side failed on this one. */
export function inClientSpan<T>(span: TraceSpan, call: () => Promise<T>): Promise<T> {
  return during(span, call, (error) => {
    if (!(error instanceof RemoteError)) return errorTypeOf(error);
    span.set({ 'rpc.response.status_code': error.status });
    return error.body.errcode;
  });
}

/** The side that serves. @returns null for calls outside of any trace, such as those of the machinery */
export function serverSpan({ traceparent, operation, requestId }: CallHeaders, subject: string): TraceSpan | null {
  const on = traceparent ? tracing() : null;
  if (!on) return null;
  const { method, attributes } = attributesOf(subject, operation);
  return on.server(method, traceparent, { ...attributes, 'ganglion.request_id': requestId });
}

/** Here a refusal is an answer like any other; only what nobody meant, or could not be done, is an error. */
export function callRefused(span: TraceSpan, { status, body }: WireError): void {
  span.set({ 'rpc.response.status_code': status, 'matrix.errcode': body.errcode });
  if (status >= 500) span.failed(body.errcode);
}
