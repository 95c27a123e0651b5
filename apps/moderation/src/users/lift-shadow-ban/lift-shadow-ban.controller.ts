import type { Config } from '@ganglion/config';
import { routes, type RouteReply, type RouteRequest } from '@ganglion/contracts';
import { Fence } from '@ganglion/fence';
import { callerOf, Commands, CONFIG, OnRoute } from '@ganglion/service';
import { Controller, Inject } from '@nestjs/common';
import { KnownAccounts } from '../../accounts/known-accounts.projection.js';
import { localUserId } from '../../accounts/local-user-id.js';
import { ModeratedUsers } from '../moderated-users.repository.js';
import { decide } from './lift-shadow-ban.js';

/** `DELETE /_synapse/admin/v1/users/{userId}/shadow_ban[?cause=…]`: all causes, or the one named. */
@Controller()
export class LiftShadowBanController {
  constructor(
    private readonly users: ModeratedUsers,
    private readonly accounts: KnownAccounts,
    private readonly commands: Commands,
    private readonly fence: Fence,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @OnRoute(routes.liftShadowBan)
  async lift(request: RouteRequest): Promise<RouteReply> {
    const userId = localUserId(request.params['userId'], this.config.server.server_name);
    const command = this.commands.make('LiftShadowBan', callerOf(request), {
      userId,
      causeKey: request.query['cause']?.[0] ?? null,
      exists: (await this.accounts.profileOf(userId)) !== null,
    });
    const { pos } = await this.users.handle(userId, (user) => decide(user, command), command.meta);
    await this.fence.barrier(pos);
    return { body: {} };
  }
}
