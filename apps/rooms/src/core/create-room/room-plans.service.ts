import type { Config } from '@ganglion/config';
import {
  parseCreateRoom,
  planRoom,
  requestedRoomVersion,
  requireRoomVersion,
  type RoomPlan,
  type Signer,
} from '@ganglion/matrix';
import { CONFIG } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import { SIGNER } from '../../rooms.tokens.js';
import { Profiles } from '../../user/profile/profiles.queries.js';
import { refuse } from '../refusals.js';

/** Turns what a client wants of a new room into the events that make it. */
@Injectable()
export class RoomPlans {
  constructor(
    private readonly profiles: Profiles,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(SIGNER) private readonly signer: Signer,
  ) {}

  /**
   * @param body  of `POST /createRoom`
   * @throws what libs/matrix says of the body; NO_THIRD_PARTY_INVITES
   */
  async of(body: Record<string, unknown>, userId: string): Promise<RoomPlan> {
    const version = requestedRoomVersion(body, requireRoomVersion(this.config.rooms.default_room_version));
    const request = parseCreateRoom(body);
    if (request.invite3pid.length > 0) throw refuse('NO_THIRD_PARTY_INVITES');
    const profiles = await this.profiles.of([userId, ...request.invite]);
    const { serverName } = this.signer;
    return planRoom(request, version, { userId, serverName, profileOf: (member) => profiles.get(member) });
  }
}
