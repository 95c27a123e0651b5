import { routes, type RouteReply, type RouteRequest } from '@ganglion/contracts';
import { callerOf, Commands, OnRoute, parseInput } from '@ganglion/service';
import { Controller } from '@nestjs/common';
import { Type } from 'typebox';
import { Restrictions } from './restrictions.service.js';
import type { RestrictionTarget } from './restriction-target.js';
import { decide as suspend } from './suspend-user/suspend-user.js';
import { decide as unsuspend } from './unsuspend-user/unsuspend-user.js';

const OfSynapse = Type.Object({ suspend: Type.Boolean() });
const OfMatrix = Type.Object({ suspended: Type.Boolean() });

/** Suspensions, by Synapse's endpoint and by the specification's. When a PUT has answered, it is in force on every live token. */
@Controller()
export class SuspensionController {
  constructor(
    private readonly restrictions: Restrictions,
    private readonly commands: Commands,
  ) {}

  /** `PUT /_synapse/admin/v1/suspend/{userId}` */
  @OnRoute(routes.suspendUser)
  async asSynapse(request: RouteRequest): Promise<RouteReply> {
    const { suspend: wanted } = parseInput(OfSynapse, request.body);
    const target = await this.restrictions.target(request, { sparesAdmins: false });
    await this.set(request, target, wanted);
    return { body: { [`user_${target.userId}_suspended`]: wanted } };
  }

  /** `PUT /_matrix/client/v1/admin/suspend/{userId}` */
  @OnRoute(routes.setAccountSuspension)
  async asMatrix(request: RouteRequest): Promise<RouteReply> {
    const { suspended } = parseInput(OfMatrix, request.body);
    await this.set(request, await this.restrictions.target(request, { sparesAdmins: true }), suspended);
    return { body: { suspended } };
  }

  /** `GET /_matrix/client/v1/admin/suspend/{userId}` */
  @OnRoute(routes.accountSuspension)
  async read(request: RouteRequest): Promise<RouteReply> {
    const { suspensionCauses } = await this.restrictions.read(request);
    return { body: { suspended: suspensionCauses.length > 0 } };
  }

  private async set(request: RouteRequest, target: RestrictionTarget, suspended: boolean): Promise<void> {
    const requester = callerOf(request);
    if (suspended) {
      const data = { ...target, causeKey: `admin:${requester.authenticatedEntity}` };
      await this.restrictions.run(this.commands.make('SuspendUser', requester, data), suspend);
    } else {
      const data = { ...target, causeKey: null };
      await this.restrictions.run(this.commands.make('UnsuspendUser', requester, data), unsuspend);
    }
  }
}
