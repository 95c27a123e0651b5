import { routes, type RouteReply, type RouteRequest } from '@ganglion/contracts';
import type { DeviceId, UserId } from '@ganglion/kernel';
import { callerOf, Commands, OnRoute } from '@ganglion/service';
import { Controller } from '@nestjs/common';
import { AccountCommands } from '../../accounts/account-commands.service.js';
import { decide } from './log-out.js';

/** `POST /logout`: when it has answered, the session is over at every gateway. */
@Controller()
export class LogOutController {
  constructor(
    private readonly accounts: AccountCommands,
    private readonly commands: Commands,
  ) {}

  @OnRoute(routes.logout)
  async logOut(request: RouteRequest): Promise<RouteReply> {
    const requester = callerOf(request);
    const { accessTokenId: tokenId, deviceId } = requester;
    // A puppet token belongs to the admin who minted it, not to the user it acts as.
    const owner = (requester.appServiceId === null ? requester.authenticatedEntity : requester.userId) as UserId;
    const data = { userId: owner, tokenId, deviceId: deviceId as DeviceId | null };
    const command = this.commands.make('LogOut', requester, data);
    await this.accounts.run(owner, command, decide);
    return { body: {} };
  }
}
