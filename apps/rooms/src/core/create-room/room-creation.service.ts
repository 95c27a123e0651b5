import type { Config } from '@ganglion/config';
import type { LogPosition, Requester } from '@ganglion/contracts';
import { LETTERS, type Clock, type Ids } from '@ganglion/kernel';
import {
  parseCreateRoom,
  planRoom,
  requestedRoomVersion,
  requireRoomVersion,
  type CreateRoomRequest,
  type RoomPlan,
  type Signer,
} from '@ganglion/matrix';
import { CLOCK, CONFIG, IDS } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import { Aliases } from '../../dir/aliases.service.js';
import { SIGNER } from '../../rooms.tokens.js';
import { Profiles } from '../../user/profile/profiles.queries.js';
import { refuse } from '../refusals.js';
import { Pretence } from '../shadow-ban/pretence.service.js';
import { RoomWriter } from '../write/room-writer.service.js';
import { RoomIdTaken, decideCreateRoom, derivedRoomId, isInvite } from './create-room.js';

/** Letters of a room id that is not derived from an event. */
const ROOM_ID_LETTERS = 18;
const MAX_ATTEMPTS = 5;

@Injectable()
export class RoomCreation {
  constructor(
    private readonly writer: RoomWriter,
    private readonly profiles: Profiles,
    private readonly aliases: Aliases,
    private readonly pretence: Pretence,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(IDS) private readonly ids: Ids,
    @Inject(SIGNER) private readonly signer: Signer,
  ) {}

  /**
   * Appends all first events, and the alias, at once.
   * @param body  of `POST /createRoom`
   * @throws what libs/matrix says of the body; ALIAS_TAKEN, ROOM_CANNOT_START, NO_THIRD_PARTY_INVITES
   */
  async create(requester: Requester, body: Record<string, unknown>): Promise<{ roomId: string; at: LogPosition }> {
    const version = requestedRoomVersion(body, requireRoomVersion(this.config.rooms.default_room_version));
    const request = parseCreateRoom(body);
    if (request.invite3pid.length > 0) throw refuse('NO_THIRD_PARTY_INVITES');
    const plan = await this.plan(request, requester.userId, version);
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.attempt(requester, plan, this.clock.nowMs() + attempt);
      } catch (error) {
        if (!(error instanceof RoomIdTaken) || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  private async plan(request: CreateRoomRequest, userId: string, version: RoomPlan['version']): Promise<RoomPlan> {
    const profiles = await this.profiles.of([userId, ...request.invite]);
    const { serverName } = this.signer;
    return planRoom(request, version, { userId, serverName, profileOf: (member) => profiles.get(member) });
  }

  private async attempt(requester: Requester, plan: RoomPlan, nowMs: number) {
    const { userId: sender, appServiceId: asId } = requester;
    const origin = { nowMs, signer: this.signer, txn: null, asId };
    const roomId = plan.version.roomIdIsCreateHash ? derivedRoomId({ plan, sender }, origin) : this.newRoomId();
    let invitesNobody = false;
    const outcome = await this.writer.write(
      { requester, roomId, nowMs },
      (room, at, { shadowBanned }) => {
        invitesNobody = shadowBanned && plan.events.some(isInvite);
        return decideCreateRoom(room, { roomId, sender, plan }, at, shadowBanned);
      },
      async () => (plan.alias === null ? [] : [await this.aliases.reservation(plan.alias, roomId, requester)]),
    );
    if (outcome.kind === 'dropped') throw new Error('the creation of a room is never dropped');
    if (invitesNobody) await this.pretence.delay(sender);
    return { roomId, at: outcome.at };
  }

  private newRoomId(): string {
    return `!${this.ids.random(ROOM_ID_LETTERS, LETTERS)}:${this.signer.serverName}`;
  }
}
