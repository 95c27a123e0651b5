import { routes, type RouteReply, type RouteRequest } from '@ganglion/contracts';
import type { UserId } from '@ganglion/kernel';
import { callerOf, Commands, OnRoute } from '@ganglion/service';
import { Controller } from '@nestjs/common';
import { AccountCommands } from '../../accounts/account-commands.service.js';
import { decide } from './log-out-all.js';

/** `POST /logout/all`, for the effective user: when it has answered, no session of theirs is left at any gateway. */
@Controller()
export class LogOutAllController {
  constructor(
    private readonly accounts: AccountCommands,
    private readonly commands: Commands,
  ) {}

  @OnRoute(routes.logoutAll)
  async logOutAll(request: RouteRequest): Promise<RouteReply> {
    const requester = callerOf(request);
    const userId = requester.userId as UserId;
    const command = this.commands.make('LogOutAll', requester, { userId });
    await this.accounts.run(userId, command, decide);
    return { body: {} };
  }
}
