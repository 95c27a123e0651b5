import type { Event } from '@ganglion/kernel';

/** What is known of every event besides what happened. Crosses the bus in frames; holds no secret. */
export interface EventMeta {
  actor: string;
  correlationId: string;
}

/** An event as the log keeps it and as frames carry it. */
export type StoredEvent<E extends Event = Event> =
  E extends Event<infer Type, infer Data>
    ? {
        /** Identity of the log; another one means another history, whatever the position says. */
        logId: string;
        /** Dense position in the log, from 1, visible in this order. */
        pos: number;
        vshard: number;
        stream: string;
        /** Version of the stream, from 1. */
        ver: number;
        type: Type;
        /** Payload version of this type; readers get the newest (upcast on read). */
        v: number;
        /** UUIDv7, also the `Nats-Msg-Id` on a public stream. */
        id: string;
        /** Commit time, ms since the Unix epoch. */
        atMs: number;
        /** Data key that parts of `data` are sealed under; absent: none is. */
        keyId?: string;
        meta: EventMeta;
        data: Data;
      }
    : never;

/** A place in one log's history: everything up to and including `pos` has been seen. */
export interface LogPosition {
  logId: string;
  pos: number;
}

/**
 * Where followed events end up: a projection in Postgres or a replica in memory.
 * Whoever feeds it guarantees that batches are contiguous: the first event of `apply` is `position + 1`.
 */
export interface EventSink {
  /** Constant, never renamed: `<service>.<reader>`. */
  readonly name: string;
  /** Its effects are the same for all processes of the service (tables): one of them feeds it. Absent: each has its own. */
  readonly shared?: boolean;
  /** Where to continue. Null: nothing seen yet. */
  position(): Promise<LogPosition | null>;
  /** Effects and the move to the last event's position happen together or not at all. */
  apply(batch: StoredEvent[]): Promise<void>;
  /**
   * The log is another one than before (new, restored), or nothing was seen yet: forget all effects.
   * @returns the position to go on from: 0, or that of a snapshot just loaded
   */
  reset(logId: string): Promise<number>;
}
