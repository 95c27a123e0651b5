import { routes, type RouteReply, type RouteRequest } from '@ganglion/contracts';
import { requireAlias, requireRoomId } from '@ganglion/matrix';
import { OnRoute, callerOf } from '@ganglion/service';
import { Controller } from '@nestjs/common';
import { Aliases } from '../../dir/aliases.service.js';
import { Profiles } from '../../user/profile/profiles.queries.js';
import { Memberships } from '../read-model/memberships.queries.js';
import { ReadPosition } from '../read-model/read-position.service.js';
import { RoomWriter, refuseSuspended } from '../write/room-writer.service.js';
import { decideJoin, roomsToAskAbout } from './join.js';

/** Whoever the room lets in. A shadow-banned account joins without a word. */
@Controller()
export class JoinController {
  constructor(
    private readonly writer: RoomWriter,
    private readonly profiles: Profiles,
    private readonly aliases: Aliases,
    private readonly memberships: Memberships,
    private readonly reads: ReadPosition,
  ) {}

  @OnRoute(routes.join)
  join(request: RouteRequest<Record<string, unknown> | null>): Promise<RouteReply> {
    return this.enter(request, requireRoomId(request.params['roomId']));
  }

  @OnRoute(routes.joinByIdOrAlias)
  async joinByIdOrAlias(request: RouteRequest<Record<string, unknown> | null>): Promise<RouteReply> {
    const name = request.params['roomIdOrAlias']!;
    if (!name.startsWith('#')) return this.enter(request, requireRoomId(name));
    const alias = requireAlias(name);
    await this.reads.upToDate();
    return this.enter(request, await this.aliases.resolve(alias));
  }

  private async enter(request: RouteRequest<Record<string, unknown> | null>, roomId: string): Promise<RouteReply> {
    const requester = callerOf(request);
    refuseSuspended(requester);
    const { userId: sender, isGuest } = requester;
    const profile = (await this.profiles.find(sender)) ?? {};
    const joinedRooms = await this.joinedAmong(roomsToAskAbout(await this.writer.room(roomId), sender), sender);
    const given = wordsOf(request.body ?? {});
    const outcome = await this.writer.write({ requester, roomId }, (room, origin, { shadowBanned }) => {
      const join = { roomId, sender, isGuest, profile, joinedRooms, given: shadowBanned ? {} : given };
      return decideJoin(room, join, origin);
    });
    return { body: { room_id: roomId }, ...(outcome.kind === 'written' ? { wrote: outcome.at } : {}) };
  }

  private async joinedAmong(roomIds: readonly string[], userId: string): Promise<ReadonlySet<string>> {
    if (roomIds.length === 0) return new Set();
    await this.reads.upToDate();
    return new Set(await this.memberships.joinedAmong(roomIds, userId));
  }
}

/** What of a join's body belongs into the member event: everything but what is addressed to the server. */
function wordsOf(body: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(body).filter(([key]) => key !== 'third_party_signed'));
}
