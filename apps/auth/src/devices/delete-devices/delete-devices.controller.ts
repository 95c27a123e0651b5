import { routes, type Requester, type RouteReply, type RouteRequest } from '@ganglion/contracts';
import type { UserId } from '@ganglion/kernel';
import { callerOf, Commands, OnRoute, parseInput } from '@ganglion/service';
import { Controller } from '@nestjs/common';
import { Type } from 'typebox';
import { OwnAccount } from '../../accounts/own-account.service.js';
import { Confirmation, type Body, type Confirmed } from '../../uia/confirmation.service.js';
import { decide } from './delete-devices.js';

const Several = Type.Object({ devices: Type.Array(Type.String()) });

/** `DELETE /devices/{deviceId}`, `POST /delete_devices`: when it has answered, their sessions are over at every gateway. */
@Controller()
export class DeleteDevicesController {
  constructor(
    private readonly own: OwnAccount,
    private readonly confirmation: Confirmation,
    private readonly commands: Commands,
  ) {}

  @OnRoute(routes.deleteDevice)
  async one(request: RouteRequest<Body | null>): Promise<RouteReply> {
    const requester = callerOf(request);
    const account = await this.own.of(requester);
    return this.confirmation.before(
      request,
      {
        route: routes.deleteDevice,
        account,
        read: () => [request.params['deviceId']!],
        kept: () => ({}),
        recentSuffices: true,
        appservicesMay: true,
      },
      (confirmed) => this.delete(requester, confirmed),
    );
  }

  @OnRoute(routes.deleteDevices)
  async several(request: RouteRequest<Body | null>): Promise<RouteReply> {
    const requester = callerOf(request);
    const account = await this.own.of(requester);
    return this.confirmation.before(
      request,
      {
        route: routes.deleteDevices,
        account,
        read: (body) => parseInput(Several, body).devices,
        // What is no device of theirs is not worth keeping, however long the list.
        kept: (devices) => ({ devices: [...new Set(devices)].filter((deviceId) => account.devices.has(deviceId)) }),
        recentSuffices: true,
        appservicesMay: true,
      },
      (confirmed) => this.delete(requester, confirmed),
    );
  }

  private async delete(requester: Requester, { input, tokenId }: Confirmed<string[]>): Promise<RouteReply> {
    const data = { userId: requester.userId as UserId, deviceIds: input, confirmedTokenId: tokenId };
    await this.own.run(requester, this.commands.make('DeleteDevices', requester, data), decide);
    return { body: {} };
  }
}
