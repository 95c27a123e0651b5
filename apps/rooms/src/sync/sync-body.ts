import { stripped, type StrippedEvent } from '@ganglion/matrix';
import type { Sight } from '../core/access/sight.js';
import type { EventRecord } from '../core/read-model/event-record.js';
import { serve, serveAsFederated } from '../core/serve.js';
import { keepFields } from '../user/filters/event-fields.js';
import { summaryBody, type RoomEntry } from './room-entry.js';
import type { SyncRequest } from './sync-request.js';

type Json = Record<string, unknown>;

/** Keys that an answer always has: some clients upload keys again and again where they are missing. */
export function emptyBody(nextBatch: string): Json {
  return {
    next_batch: nextBatch,
    device_one_time_keys_count: { signed_curve25519: 0 },
    device_unused_fallback_key_types: [],
  };
}

/** What an account has before it has stored anything: no push rules, without which some clients do not start. */
export function initialAccountData(): Json {
  const none = { override: [], content: [], room: [], sender: [], underride: [] };
  return { events: [{ type: 'm.push_rules', content: { global: none } }] };
}

/** Writes out the room objects of an answer. */
export class RoomBodies {
  constructor(
    private readonly request: SyncRequest,
    private readonly sights: ReadonlyMap<string, Sight>,
    /** Token of a position. */
    private readonly token: (pos: number) => string,
  ) {}

  joined(entry: RoomEntry): Json {
    return {
      ...this.left(entry),
      ephemeral: { events: [] },
      summary: entry.summary ? summaryBody(entry.summary) : {},
      unread_notifications: { notification_count: 0, highlight_count: 0 },
    };
  }

  left({ timeline, state }: RoomEntry): Json {
    const { events, limited, prevBatch } = timeline;
    return {
      timeline: { events: events.map((event) => this.event(event)), limited, prev_batch: this.token(prevBatch) },
      [this.request.stateAfterKey ?? 'state']: { events: state.map((event) => this.event(event)) },
      account_data: { events: [] },
    };
  }

  /** @param record  the reader's own invite or knock */
  invited(record: EventRecord, kind: 'invite' | 'knock'): Json {
    const shown = record.pdu.unsigned?.[`${kind}_room_state`];
    const events = [...(Array.isArray(shown) ? (shown as StrippedEvent[]) : []), stripped(record.pdu)!];
    return { [`${kind}_state`]: { events } };
  }

  private event(record: EventRecord): Json {
    const { reader, filter } = this.request;
    const sight = this.sights.get(record.roomId);
    const federated = filter.event_format === 'federation';
    const { room_id: _, ...event } = (federated ? serveAsFederated : serve)(record, reader, sight) as Json;
    return filter.event_fields ? keepFields(event, filter.event_fields) : event;
  }
}
