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
/** With half of the virtual shards, hardly ever more than ten. */
const MAX_DRAWS = 100;

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
    const roomId = this.newRoomId(plan, sender, origin);
    let invitesNobody = false;
    const outcome = await this.writer.write(
      { requester, roomId, nowMs: origin.nowMs },
      (room, at, { shadowBanned }) => {
        invitesNobody = shadowBanned && plan.events.some(isInvite);
        return decideCreateRoom(room, { roomId, sender, plan }, at, shadowBanned);
      },
      async () =>
        plan.alias === null
          ? []
          : [await this.aliases.reservation(plan.alias, roomId, this.writer.vshardOf(roomId), requester)],
    );
    if (outcome.kind === 'dropped') throw new Error('the creation of a room is never dropped');
    if (invitesNobody) await this.pretence.delay(sender);
    return { roomId, at: outcome.at };
  }

  /** Of a room that this process will own, where the id is ours to choose; one that is derived goes where it belongs. */
  private newRoomId(plan: RoomPlan, sender: string, origin: Origin): string {
    if (plan.version.roomIdIsCreateHash) return derivedRoomId({ plan, sender }, origin);
    const { serverName } = origin.signer;
    for (let attempt = 1; ; attempt++) {
      const roomId = `!${this.ids.random(ROOM_ID_LETTERS, LETTERS)}:${serverName}`;
      if (this.writer.owns(roomId) || attempt === MAX_DRAWS) return roomId;
    }
  }
}
