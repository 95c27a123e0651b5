import { routes, type Requester, type RouteReply, type RouteRequest } from '@ganglion/contracts';
import { canonicalJson } from '@ganglion/matrix';
import { OnRoute, callerOf } from '@ganglion/service';
import { Controller } from '@nestjs/common';
import { Aliases } from '../../dir/aliases.service.js';
import { Profiles } from '../../user/profile/profiles.queries.js';
import { ReadPosition } from '../read-model/read-position.service.js';
import { Pretence } from '../shadow-ban/pretence.service.js';
import { chosenTime } from '../write/chosen-time.input.js';
import { RoomWriter, refuseSuspended } from '../write/room-writer.service.js';
import { listedAliases } from './canonical-alias.js';
import { decideSendState, type SendState } from './send-state.js';

/** Members with the power to set state of the type. */
@Controller()
export class SendStateController {
  constructor(
    private readonly writer: RoomWriter,
    private readonly profiles: Profiles,
    private readonly aliases: Aliases,
    private readonly reads: ReadPosition,
    private readonly pretence: Pretence,
  ) {}

  @OnRoute(routes.sendState)
  async send(request: RouteRequest<Record<string, unknown>>): Promise<RouteReply> {
    const requester = callerOf(request);
    const {
      roomId,
      eventType: type,
      stateKey = '',
    } = request.params as {
      roomId: string;
      eventType: string;
      stateKey?: string;
    };
    const { userId: sender, isGuest } = requester;
    const draft = { type, stateKey, sender, content: request.body };
    const suspendedMay = isOwnDeparture(draft);
    if (!suspendedMay) refuseSuspended(requester);
    const command = { roomId, draft, isGuest, ...(await this.surroundings(draft)) };
    const outcome = await this.writer.write(
      { requester, roomId, suspendedMay, ...chosenTime(request) },
      (room, origin, judged) => decideSendState(room, command, origin, judged.shadowBanned),
    );
    if (outcome.kind === 'written') return { body: { event_id: outcome.eventId }, wrote: outcome.at };
    return { body: { event_id: await this.pretended(requester, command) } };
  }

  private async surroundings({ type, stateKey, content }: SendState['draft']) {
    const profile = (type === 'm.room.member' && (await this.profiles.find(stateKey))) || {};
    return { profile, aliases: await this.targets(type, content) };
  }

  private async targets(type: string, content: Record<string, unknown>): Promise<ReadonlyMap<string, string>> {
    if (type !== 'm.room.canonical_alias') return new Map();
    await this.reads.upToDate();
    return this.aliases.find(listedAliases(content));
  }

  /** The same state set again gets the same id, as it would if it stood. */
  private pretended({ userId }: Requester, { roomId, draft }: SendState): Promise<string> {
    const { type, stateKey, content } = draft;
    return this.pretence.eventId(userId, [roomId, type, stateKey, canonicalJson(content)]);
  }
}

/** Leaving is open to suspended accounts, by whatever route. */
function isOwnDeparture({ type, stateKey, sender, content }: SendState['draft']): boolean {
  return type === 'm.room.member' && stateKey === sender && content['membership'] === 'leave';
}
