import { headers as names, subjects, type LogService } from '@ganglion/contracts';
import { publishStored } from '../streams/publish.js';
import { frameStream } from '../streams/streams.js';
import { headersOf, wire } from '../wire/call-headers.js';
import type { FrameBus } from './frame-bus.js';

/** What the relay of `@ganglion/event-store` hands over. */
export interface PublishedFrame {
  logId: string;
  /** Positions of the first and the last event. */
  from: number;
  to: number;
  /** Distinct event types. */
  types: string[];
  /** UTF-8 JSON: `{"events":[StoredEvent…]}`. */
  body: Uint8Array | string;
}

/** Puts frames on `evt.<service>.<log>`. */
export class FramePublisherJs {
  private readonly subject: string;
  private readonly stream: string;

  constructor(
    private readonly bus: FrameBus,
    service: LogService,
    log: string,
  ) {
    this.subject = subjects.frames(service, log);
    this.stream = frameStream(service);
  }

  /** Resolves when JetStream has stored it. @throws Error when it does not; then the same frame may be handed over again */
  async publish(frame: PublishedFrame): Promise<void> {
    const id = `${frame.logId}.${frame.from}`;
    const { duplicate } = await this.store(frame, id);
    // After a restart the same position may begin a longer frame. Dropped as a duplicate, it would be missed until the
    // next beacon; readers do not mind getting some of it twice.
    if (duplicate) await this.store(frame, `${id}-${frame.to}`);
  }

  private store({ logId, from, to, types, body }: PublishedFrame, id: string) {
    const sizeBytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    // One event may be larger than a message; its frame then only says that it is there.
    const omitted = this.bus.transfers.tooLargeForOne(sizeBytes - FRAME_SLACK_BYTES);
    const headers = headersOf({
      [names.logId]: logId,
      [names.from]: String(from),
      [names.to]: String(to),
      [names.types]: types.join(','),
      [wire.omitted]: omitted ? 'true' : undefined,
    });
    return publishStored(this.bus, this.stream, { subject: this.subject, data: omitted ? '' : body, id, headers });
  }
}

/** The relay fills frames up to 512 KB exactly; what comes around them is not to tip them over. */
const FRAME_SLACK_BYTES = 1_024;
