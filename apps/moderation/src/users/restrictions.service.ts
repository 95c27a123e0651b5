import type { Config } from '@ganglion/config';
import type { RouteRequest } from '@ganglion/contracts';
import { Fence } from '@ganglion/fence';
import type { Command, UserId } from '@ganglion/kernel';
import { callerOf, CONFIG } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import { KnownAccounts } from '../accounts/known-accounts.projection.js';
import { localUserId } from '../accounts/local-user-id.js';
import type { ModeratedUser, ModeratedUserEvent } from './moderated-user.js';
import { ModeratedUsers } from './moderated-users.repository.js';
import { checkTarget, type RestrictionTarget } from './restriction-target.js';

/** What endpoints that restrict users share: whom they are about, and that a restriction is in force when they answer. */
@Injectable()
export class Restrictions {
  constructor(
    private readonly users: ModeratedUsers,
    private readonly accounts: KnownAccounts,
    private readonly fence: Fence,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** @throws USER_ID_INVALID */
  async target({ params }: RouteRequest, { sparesAdmins }: { sparesAdmins: boolean }): Promise<RestrictionTarget> {
    const userId = localUserId(params['userId'], this.config.server.server_name);
    return { userId, account: await this.accounts.find(userId), sparesAdmins };
  }

  /** What is decided about somebody at this moment. @throws USER_ID_INVALID; as `checkTarget` */
  async read(request: RouteRequest): Promise<ModeratedUser> {
    const target = await this.target(request, { sparesAdmins: true });
    checkTarget(target, callerOf(request).authenticatedEntity);
    return this.users.state(target.userId);
  }

  /** Returns when what was decided holds everywhere. @throws what `decide` throws */
  async run<C extends Command<string, { userId: UserId }>>(
    command: C,
    decide: (user: ModeratedUser, command: C) => ModeratedUserEvent[],
  ): Promise<void> {
    const { pos } = await this.users.handle(command.data.userId, (user) => decide(user, command), command.meta);
    await this.fence.barrier(pos);
  }
}
