import { routes, type RouteReply, type RouteRequest } from '@ganglion/contracts';
import { requireUserId } from '@ganglion/matrix';
import { OnRoute, callerOf, parseInput } from '@ganglion/service';
import { Controller } from '@nestjs/common';
import { Type } from 'typebox';
import { Profiles } from '../../user/profile/profiles.queries.js';
import { refuse } from '../refusals.js';
import { Pretence } from '../shadow-ban/pretence.service.js';
import { droppedIf } from '../write/decision.js';
import { RoomWriter, refuseSuspended } from '../write/room-writer.service.js';
import { decideInvite } from './invite.js';

const Body = Type.Object({ user_id: Type.String(), reason: Type.Optional(Type.String()) });
const THIRD_PARTY_KEYS = ['id_server', 'medium', 'address'];

/** Members with the power to invite. */
@Controller()
export class InviteController {
  constructor(
    private readonly writer: RoomWriter,
    private readonly profiles: Profiles,
    private readonly pretence: Pretence,
  ) {}

  @OnRoute(routes.invite)
  async invite(request: RouteRequest<Record<string, unknown>>): Promise<RouteReply> {
    const requester = callerOf(request);
    refuseSuspended(requester);
    if (THIRD_PARTY_KEYS.every((key) => Object.hasOwn(request.body, key))) throw refuse('NO_THIRD_PARTY_INVITES');
    const { user_id, reason } = parseInput(Body, request.body);
    const subject = requireUserId(user_id);
    const profile = (await this.profiles.find(subject)) ?? {};
    const { userId: sender } = requester;
    const roomId = request.params['roomId']!;
    const invite = { roomId, sender, subject, profile, ...(reason === undefined ? {} : { reason }) };
    const outcome = await this.writer.write({ requester, roomId }, (room, origin, { shadowBanned }) =>
      droppedIf(shadowBanned, decideInvite(room, invite, origin)),
    );
    if (outcome.kind === 'written') return { body: {}, wrote: outcome.at };
    await this.pretence.delay(sender);
    return { body: {} };
  }
}
