import type { LogPosition, Requester } from '@ganglion/contracts';
import { LETTERS, type Ids } from '@ganglion/kernel';
import type { RoomPlan } from '@ganglion/matrix';
import { IDS } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import { Aliases } from '../../dir/aliases.service.js';
import { Pretence } from '../shadow-ban/pretence.service.js';
import type { Origin } from '../write/accept.js';
import { Origins } from '../write/origins.service.js';
import { RoomWriter } from '../write/room-writer.service.js';
import { RoomIdTaken, decideCreateRoom, derivedRoomId, isInvite } from './create-room.js';

/** Letters of a room id that is not derived from an event. */
const ROOM_ID_LETTERS = 18;
const MAX_ATTEMPTS = 5;

@Injectable()
export class RoomCreation {
  constructor(
    private readonly writer: RoomWriter,
    private readonly origins: Origins,
    private readonly aliases: Aliases,
    private readonly pretence: Pretence,
    @Inject(IDS) private readonly ids: Ids,
  ) {}

  /**
   * Appends all first events of a room, and its alias, at once.
   * @throws ALIAS_TAKEN, ROOM_CANNOT_START; what the writer throws
   */
  async create(requester: Requester, plan: RoomPlan): Promise<{ roomId: string; at: LogPosition }> {
    const origin = this.origins.of(requester);
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.attempt(requester, plan, { ...origin, nowMs: origin.nowMs + attempt });
      } catch (error) {
        if (!(error instanceof RoomIdTaken) || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  private async attempt(requester: Requester, plan: RoomPlan, origin: Origin) {
    const { userId: sender } = requester;
    const derives = plan.version.roomIdIsCreateHash;
    const roomId = derives ? derivedRoomId({ plan, sender }, origin) : this.newRoomId(origin.signer.serverName);
    let invitesNobody = false;
    const outcome = await this.writer.write(
      { requester, roomId, nowMs: origin.nowMs },
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

  private newRoomId(serverName: string): string {
    return `!${this.ids.random(ROOM_ID_LETTERS, LETTERS)}:${serverName}`;
  }
}
