import { routes, type RouteReply, type RouteRequest } from '@ganglion/contracts';
import { OnRoute, queryChoice } from '@ganglion/service';
import { Controller } from '@nestjs/common';
import { RoomReader } from '../access/room-reader.service.js';
import { States } from '../read-model/state.queries.js';
import { refuse } from '../refusals.js';
import { serve } from '../serve.js';

/** Members; who has left sees the state of that moment. */
@Controller()
export class ReadStateController {
  constructor(
    private readonly rooms: RoomReader,
    private readonly states: States,
  ) {}

  @OnRoute(routes.getAllState)
  async all(request: RouteRequest): Promise<RouteReply> {
    const { moment, reader } = await this.rooms.open(request);
    const state = await this.states.all([moment]);
    return { body: state.map((record) => serve(record, reader)) };
  }

  @OnRoute(routes.getState)
  async one(request: RouteRequest): Promise<RouteReply> {
    const { eventType, stateKey = '' } = request.params as { eventType: string; stateKey?: string };
    const format = queryChoice(request.query, 'format', ['content', 'event'], 'content');
    const { moment, reader } = await this.rooms.open(request);
    const record = await this.states.one(moment, eventType, stateKey);
    if (!record) throw refuse('STATE_UNKNOWN');
    return { body: format === 'event' ? serve(record, reader) : record.pdu.content };
  }
}
