import { routes, type RouteReply, type RouteRequest } from '@ganglion/contracts';
import { callerOf, Commands, OnRoute, parseInput } from '@ganglion/service';
import { Controller } from '@nestjs/common';
import { Type } from 'typebox';
import { decide as lock } from './lock-user/lock-user.js';
import { Restrictions } from './restrictions.service.js';
import { decide as unlock } from './unlock-user/unlock-user.js';

const Body = Type.Object({ locked: Type.Boolean() });

/** `GET`, `PUT /_matrix/client/v1/admin/lock/{userId}`. When a PUT has answered, it is in force on every live token. */
@Controller()
export class LockController {
  constructor(
    private readonly restrictions: Restrictions,
    private readonly commands: Commands,
  ) {}

  @OnRoute(routes.setAccountLock)
  async set(request: RouteRequest): Promise<RouteReply> {
    const { locked } = parseInput(Body, request.body);
    const requester = callerOf(request);
    const target = await this.restrictions.target(request, { sparesAdmins: true });
    if (locked) {
      const data = { ...target, causeKey: `admin:${requester.authenticatedEntity}` };
      await this.restrictions.run(this.commands.make('LockUser', requester, data), lock);
    } else {
      await this.restrictions.run(this.commands.make('UnlockUser', requester, { ...target, causeKey: null }), unlock);
    }
    return { body: { locked } };
  }

  @OnRoute(routes.accountLock)
  async read(request: RouteRequest): Promise<RouteReply> {
    const { lockCauses } = await this.restrictions.read(request);
    return { body: { locked: lockCauses.length > 0 } };
  }
}
