import { routes, type RouteReply, type RouteRequest } from '@ganglion/contracts';
import { OnRoute, callerOf } from '@ganglion/service';
import { Controller } from '@nestjs/common';
import { refuseSuspended } from '../write/room-writer.service.js';
import { RoomPlans } from './room-plans.service.js';
import { RoomCreation } from './room-creation.service.js';

/** Every account but a suspended one; a shadow-banned one creates the room and invites nobody. */
@Controller()
export class CreateRoomController {
  constructor(
    private readonly plans: RoomPlans,
    private readonly creation: RoomCreation,
  ) {}

  @OnRoute(routes.createRoom)
  async create(request: RouteRequest<Record<string, unknown>>): Promise<RouteReply> {
    const requester = callerOf(request);
    refuseSuspended(requester);
    const plan = await this.plans.of(request.body, requester.userId);
    const { roomId, at } = await this.creation.create(requester, plan);
    return { body: { room_id: roomId }, wrote: at };
  }
}
