import { routes, type RouteReply, type RouteRequest } from '@ganglion/contracts';
import type { Clock } from '@ganglion/kernel';
import { CLOCK, OnRoute, callerOf } from '@ganglion/service';
import { Controller, Inject } from '@nestjs/common';
import { AccessQueries } from '../access/access.queries.js';
import { Events } from '../read-model/events.queries.js';
import { ReadPosition } from '../read-model/read-position.service.js';
import { refuse } from '../refusals.js';
import { serve } from '../serve.js';

/** Whoever may see the event. That it exists is not told to others. */
@Controller()
export class ReadEventController {
  constructor(
    private readonly events: Events,
    private readonly access: AccessQueries,
    private readonly reads: ReadPosition,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @OnRoute(routes.getEvent)
  async read(request: RouteRequest): Promise<RouteReply> {
    const { userId, deviceId } = callerOf(request);
    const { roomId, eventId } = request.params as { roomId: string; eventId: string };
    await this.reads.upToDate();
    const record = await this.events.byId(eventId);
    if (record?.roomId !== roomId) throw refuse('EVENT_UNKNOWN');
    const sight = await this.access.sight(roomId, userId);
    if (!sight.sees(record)) throw refuse('EVENT_UNKNOWN');
    return { body: serve(record, { userId, deviceId, nowMs: this.clock.nowMs() }, sight) };
  }
}
