import { routes, type RouteReply, type RouteRequest } from '@ganglion/contracts';
import { OnRoute, callerOf, parseInput } from '@ganglion/service';
import { Controller } from '@nestjs/common';
import { Type } from 'typebox';
import { RoomWriter } from '../write/room-writer.service.js';
import { decideLeave } from './leave.js';

const Body = Type.Object({ reason: Type.Optional(Type.String()) });

/** Everybody who has something to leave; suspended accounts too. A shadow-banned one leaves without a word. */
@Controller()
export class LeaveController {
  constructor(private readonly writer: RoomWriter) {}

  @OnRoute(routes.leave)
  async leave(request: RouteRequest): Promise<RouteReply> {
    const requester = callerOf(request);
    const { reason } = parseInput(Body, request.body ?? {});
    const roomId = request.params['roomId']!;
    const { userId: sender } = requester;
    const outcome = await this.writer.write(
      { requester, roomId, suspendedMay: true },
      (room, origin, { shadowBanned }) => {
        const words = reason === undefined || shadowBanned ? {} : { reason };
        return decideLeave(room, { roomId, sender, ...words }, origin);
      },
    );
    return { body: {}, ...(outcome.kind === 'written' ? { wrote: outcome.at } : {}) };
  }
}
