import { JetStreamApiError, type PubAck } from '@nats-io/jetstream';
import { NoRespondersError, RequestError, TimeoutError, type MsgHdrs } from '@nats-io/nats-core';
import type { Bus } from '../bus/bus.js';
import { remakeStream, restoreStream, type StreamBus } from './ensure-streams.js';

/** The part of the bus that publishes into streams. */
export type PublishingBus = StreamBus & Pick<Bus, 'js' | 'subject'>;

export interface StreamMessage {
  /** Without the deployment's prefix. */
  subject: string;
  data: Uint8Array | string;
  /** A second one with the same id is dropped, for two minutes. */
  id: string;
  headers?: MsgHdrs;
}

/** Missing, and then made while it was still being deleted. */
const MOST_MENDS = 2;
const STORE_FAILED = 10_077;

/**
 * Publishes into a stream and waits until it is stored. A stream that is missing, or has lost its files, is made again.
 * @throws Error when NATS does not store it
 */
export async function publishStored(bus: PublishingBus, stream: string, message: StreamMessage): Promise<PubAck> {
  for (let mends = 0; ; mends++) {
    try {
      return await publish(bus, message);
    } catch (error) {
      if (mends === MOST_MENDS) throw error;
      if (nobodyStores(error)) await restoreStream(bus, stream);
      else if (filesAreGone(error)) await remakeStream(bus, stream);
      else throw error;
    }
  }
}

function publish(bus: PublishingBus, { subject, data, id, headers }: StreamMessage): Promise<PubAck> {
  return bus.js.publish(bus.subject(subject), data, { msgID: id, headers });
}

/** NATS says so; or nothing comes back, because somebody who is no stream listens on the subject. */
function nobodyStores(error: unknown): boolean {
  const causes = [error, error instanceof Error ? error.cause : undefined];
  return causes.some(
    (cause) =>
      cause instanceof TimeoutError ||
      cause instanceof NoRespondersError ||
      (cause instanceof RequestError && cause.isNoResponders()),
  );
}

/** A full disk fails to store as well, but making the stream anew would not help it. */
function filesAreGone(error: unknown): boolean {
  if (!(error instanceof JetStreamApiError)) return false;
  const { err_code: code, description } = error.apiError();
  return code === STORE_FAILED && description.includes('no such file or directory');
}
