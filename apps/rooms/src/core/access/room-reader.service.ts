import type { Requester, RouteRequest } from '@ganglion/contracts';
import { EventLog } from '@ganglion/event-store';
import type { Clock } from '@ganglion/kernel';
import { CLOCK, callerOf } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import { ReadPosition } from '../read-model/read-position.service.js';
import type { Moment } from '../read-model/state.queries.js';
import type { Reader } from '../serve.js';
import { AccessQueries } from './access.queries.js';
import { accessOf, type Access, type Standing } from './access.js';

/** Somebody reading one room, with as much of it as they may read. */
export interface Reading {
  requester: Requester;
  reader: Reader;
  roomId: string;
  standing: Standing;
  access: Access;
  /** The newest state they may read. */
  moment: Moment;
}

/** The beginning of every read of a room: wait for what was written before, then see what the reader may read. */
@Injectable()
export class RoomReader {
  constructor(
    private readonly reads: ReadPosition,
    private readonly queries: AccessQueries,
    private readonly log: EventLog,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws NOT_A_MEMBER (403) */
  async open(request: RouteRequest): Promise<Reading> {
    const requester = callerOf(request);
    const { userId, deviceId } = requester;
    const roomId = request.params['roomId']!;
    await this.reads.upToDate();
    const standing = await this.queries.standing(roomId, userId);
    const access = accessOf(standing);
    const moment = { roomId, pos: access.kind === 'now' ? this.log.head() : access.pos };
    const reader = { userId, deviceId, nowMs: this.clock.nowMs() };
    return { requester, reader, roomId, standing: standing!, access, moment };
  }
}
