import { during, tracing, within, type TraceSpan } from '@ganglion/observability';

/** The wait of one request for its events, from acceptance to commit; null when nobody will see it. */
export function appendSpan(log: string, events: number): TraceSpan | null {
  const span =
    tracing()?.child(`append ${log}`, 'internal', { 'ganglion.log': log, 'ganglion.events': events }) ?? null;
  return span?.isRecording ? span : null;
}

/**
 * One call to the database for many requests. It happens once, so it stands once: below the first request that is traced,
 * linked with all the others and they with it. Every one of them has its own span of how long it waited.
 */
export function commitSpan(log: string, waiting: readonly (TraceSpan | null)[], events: number): TraceSpan | null {
  const [first, ...others] = waiting.filter((span) => span !== null);
  if (!first) return null;
  const attributes = { 'ganglion.log': log, 'ganglion.events': events, 'ganglion.appends': waiting.length };
  const span = first.run(() => tracing()?.child(`commit ${log}`, 'internal', attributes) ?? null);
  if (span) for (const other of others) join(span, other);
  return span;
}

/** The call itself: its statements belong to it, or to nobody, but never to whoever happened to start the round. */
export function inCommit<T>(span: TraceSpan | null, write: () => Promise<T>): Promise<T> {
  return span ? during(span, write) : within(null, write);
}

function join(one: TraceSpan, other: TraceSpan): void {
  one.linkTo(other);
  other.linkTo(one);
}
