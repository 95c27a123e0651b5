import { routes, type RouteReply, type RouteRequest } from '@ganglion/contracts';
import type { UserId } from '@ganglion/kernel';
import { callerOf, Commands, OnRoute, parseInput } from '@ganglion/service';
import { Controller } from '@nestjs/common';
import { Type } from 'typebox';
import { Confirmation, type Body } from '../../uia/confirmation.service.js';
import { OwnAccount } from '../own-account.service.js';
import { decide } from './deactivate-account.js';

const Input = Type.Object({ erase: Type.Optional(Type.Boolean()), id_server: Type.Optional(Type.String()) });

/**
 * `POST /account/deactivate`: when it has answered, nothing of the account is let in anywhere. What it has in rooms follows from
 * the event. No address is known to any identity server through us, so there is nothing to take back there.
 */
@Controller()
export class DeactivateAccountController {
  constructor(
    private readonly own: OwnAccount,
    private readonly confirmation: Confirmation,
    private readonly commands: Commands,
  ) {}

  @OnRoute(routes.deactivateAccount)
  async deactivate(request: RouteRequest<Body | null>): Promise<RouteReply> {
    const requester = callerOf(request);
    const account = await this.own.of(requester);
    return this.confirmation.before(
      request,
      {
        route: routes.deactivateAccount,
        account,
        read: (body) => parseInput(Input, body).erase ?? false,
        kept: (erase) => ({ erase }),
        recentSuffices: false,
        appservicesMay: true,
      },
      async ({ input: erase }) => {
        const data = { userId: requester.userId as UserId, erase };
        await this.own.run(requester, this.commands.make('DeactivateAccount', requester, data), decide);
        return { body: { id_server_unbind_result: 'success' } };
      },
    );
  }
}
