import { routes, type RouteReply, type RouteRequest } from '@ganglion/contracts';
import { OnRoute, callerOf } from '@ganglion/service';
import { Controller } from '@nestjs/common';
import { Memberships } from '../read-model/memberships.queries.js';
import { ReadPosition } from '../read-model/read-position.service.js';

@Controller()
export class JoinedRoomsController {
  constructor(
    private readonly memberships: Memberships,
    private readonly reads: ReadPosition,
  ) {}

  @OnRoute(routes.joinedRooms)
  async read(request: RouteRequest): Promise<RouteReply> {
    const { userId } = callerOf(request);
    await this.reads.upToDate();
    return { body: { joined_rooms: await this.memberships.joinedRooms(userId) } };
  }
}
