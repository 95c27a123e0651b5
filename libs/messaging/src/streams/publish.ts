import type { PubAck } from '@nats-io/jetstream';
import { NoRespondersError, RequestError, TimeoutError, type MsgHdrs } from '@nats-io/nats-core';
import type { Bus } from '../bus/bus.js';
import { restoreStream } from './ensure-streams.js';

export interface StreamMessage {
  /** Without the deployment's prefix. */
  subject: string;
  data: Uint8Array | string;
  /** A second one with the same id is dropped, for two minutes. */
  id: string;
  headers?: MsgHdrs;
}

/**
 * Publishes into a stream and waits until it is stored. A stream that is missing is made again.
 * @throws Error when NATS does not store it
 */
export async function publishStored(bus: Bus, stream: string, message: StreamMessage): Promise<PubAck> {
  try {
    return await publish(bus, message);
  } catch (error) {
    if (!nobodyStores(error)) throw error;
    await restoreStream(bus, stream);
    return await publish(bus, message);
  }
}

function publish(bus: Bus, { subject, data, id, headers }: StreamMessage): Promise<PubAck> {
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
