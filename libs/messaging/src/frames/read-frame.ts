import { headers as names, type StoredEvent } from '@ganglion/contracts';
import type { JsMsg } from '@nats-io/jetstream';
import { rawHeaders, wire } from '../wire/call-headers.js';
import type { Frame } from './frame-plan.js';

/**
 * A message of a frame stream. Null when it is none.
 * @param unreadable  hears of a body that is not what it should be; it then counts as missing
 */
export function readFrame(message: JsMsg, unreadable: (error: unknown) => void): Frame<StoredEvent> | null {
  const raw = rawHeaders(message.headers);
  const logId = raw[names.logId];
  const from = Number(raw[names.from]);
  const to = Number(raw[names.to]);
  if (!logId || !Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 1 || to < from) return null;
  const { data } = message;
  const read = () => {
    try {
      return (JSON.parse(Buffer.from(data).toString()) as { events: StoredEvent[] }).events;
    } catch (error) {
      unreadable(error);
      return [];
    }
  };
  return { logId, from, to, sizeBytes: data.length, read: raw[wire.omitted] === 'true' ? null : read };
}
