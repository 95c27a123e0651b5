import type { Config } from '@ganglion/config';
import { tok, type EventPersisted, type LogPosition, type Requester, type RoomsEvent } from '@ganglion/contracts';
import { Aggregates, EventLog, type NewEvent } from '@ganglion/event-store';
import { CONFIG } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import { RoomsMetrics } from '../../rooms.metrics.js';
import { refuse } from '../refusals.js';
import { roomDecider, type Room } from '../room.js';
import type { Origin } from './accept.js';
import type { Decision } from './decision.js';
import { Origins } from './origins.service.js';
import { WriteGate, type Judgement } from './write-gate.service.js';

export interface WriteRequest {
  requester: Requester;
  roomId: string;
  /** Open to suspended accounts: leaving, and redacting what is one's own. */
  suspendedMay?: boolean;
  txn?: EventPersisted['data']['txn'];
  /** Time to stand in the event, ms since the epoch; honoured for appservices only. */
  originServerTs?: number;
  /** Where the time of the decision matters before it is made; absent: now. */
  nowMs?: number;
}

export interface Written {
  /** Of the first event, or of the one that stood already. */
  eventId: string;
  at: LogPosition;
}

/** `dropped`: judged and allowed like everything else, but nothing was written. */
export type WriteOutcome = ({ kind: 'written' } & Written) | { kind: 'dropped' };

/**
 * Pure; makes the events the room accepts, or throws; called again when the room has changed meanwhile. `judged` is what holds
 * of the requester at this very moment.
 */
export type Decide = (room: Room, origin: Origin, judged: Judgement) => Decision;

/** Stream of a room in the log. */
export const roomStream = (roomId: string): string => `room-${tok(roomId)}`;

/** Decides about rooms: one command per room at a time, any number of rooms at once. */
@Injectable()
export class RoomWriter {
  private readonly rooms: Aggregates<Room, RoomsEvent>;

  constructor(
    private readonly log: EventLog,
    private readonly gate: WriteGate,
    private readonly origins: Origins,
    private readonly metrics: RoomsMetrics,
    @Inject(CONFIG) config: Config,
  ) {
    this.rooms = new Aggregates<Room, RoomsEvent>({
      log,
      decider: roomDecider,
      streamOf: roomStream,
      maxCached: config.rooms.max_cached_rooms,
    });
  }

  /** Whether this process decides about the room. */
  owns(roomId: string): boolean {
    return this.rooms.owns(roomId);
  }

  vshardOf(roomId: string): number {
    return this.rooms.vshardOf(roomId);
  }

  /** The room after every decision made before this call. */
  room(roomId: string): Promise<Room> {
    return this.rooms.state(roomId);
  }

  /**
   * @param also  events of other streams to commit together with these
   * @throws what `decide` and `also` throw; ACCOUNT_GONE, TOKEN_GONE, LOCKED, SUSPENDED, REPLICA_BEHIND; the log's own
   *         refusals
   */
  write(
    request: WriteRequest,
    decide: Decide,
    also?: (events: RoomsEvent[]) => Promise<NewEvent[]>,
  ): Promise<WriteOutcome> {
    return this.metrics.timeSend(() => this.gate.run(() => this.attempt(request, decide, also)));
  }

  private async attempt(
    request: WriteRequest,
    decide: Decide,
    also?: (events: RoomsEvent[]) => Promise<NewEvent[]>,
  ): Promise<WriteOutcome> {
    const { requester, roomId, suspendedMay = false } = request;
    const origin = this.origins.of(requester, request);
    let decision: Decision | undefined;
    const handled = await this.rooms.handle(
      roomId,
      (room) => {
        const judged = this.gate.judge(requester);
        if (judged.suspended && !suspendedMay) throw refuse('SUSPENDED');
        decision = decide(room, origin, judged);
        return decision.events;
      },
      this.origins.meta(requester),
      also,
    );
    if (decision?.dropped) return { kind: 'dropped' };
    this.metrics.persisted(handled.events.length);
    const eventId = decision?.existing ?? decision?.events[0]?.data.eventId;
    if (eventId === undefined) throw new Error('a decision came to nothing');
    return { kind: 'written', eventId, at: { logId: this.log.logId, pos: handled.pos } };
  }
}

/** Writes that a suspended account may not do (moderation.md §8.1). @throws SUSPENDED */
export function refuseSuspended(requester: Requester): void {
  if (requester.suspended) throw refuse('SUSPENDED');
}
