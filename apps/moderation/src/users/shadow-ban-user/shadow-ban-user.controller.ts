import type { Config } from '@ganglion/config';
import { routes, type RouteReply, type RouteRequest } from '@ganglion/contracts';
import { Fence } from '@ganglion/fence';
import { callerOf, Commands, CONFIG, OnRoute } from '@ganglion/service';
import { Controller, Inject } from '@nestjs/common';
import { KnownAccounts } from '../../accounts/known-accounts.projection.js';
import { localUserId } from '../../accounts/local-user-id.js';
import { ModeratedUsers } from '../moderated-users.repository.js';
import { decide } from './shadow-ban-user.js';

/** `POST /_synapse/admin/v1/users/{userId}/shadow_ban`: when it has answered, the ban is in force on every live token. */
@Controller()
export class ShadowBanUserController {
  constructor(
    private readonly users: ModeratedUsers,
    private readonly accounts: KnownAccounts,
    private readonly commands: Commands,
    private readonly fence: Fence,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @OnRoute(routes.shadowBan)
  async shadowBan(request: RouteRequest): Promise<RouteReply> {
    const requester = callerOf(request);
    const userId = localUserId(request.params['userId'], this.config.server.server_name);
    const command = this.commands.make('ShadowBanUser', requester, {
      userId,
      causeKey: `admin:${requester.authenticatedEntity}`,
      profile: await this.accounts.profileOf(userId),
      selfAllowed: this.config.moderation.allow_self_restriction,
    });
    const { pos } = await this.users.handle(userId, (user) => decide(user, command), command.meta);
    await this.fence.barrier(pos);
    return { body: {} };
  }
}
