import { routes, type RouteReply, type RouteRequest } from '@ganglion/contracts';
import type { DeviceId, UserId } from '@ganglion/kernel';
import { callerOf, Commands, OnRoute, parseInput } from '@ganglion/service';
import { Controller } from '@nestjs/common';
import { Type } from 'typebox';
import { OwnAccount } from '../../accounts/own-account.service.js';
import { newDeviceId, newDisplayName } from '../../sessions/session-input.js';
import { decide } from './rename-device.js';

const Body = Type.Object({ display_name: Type.Optional(Type.Union([Type.String(), Type.Null()])) });

/** `PUT /devices/{deviceId}`: names a device. An application service makes it if there is none: 201. */
@Controller()
export class RenameDeviceController {
  constructor(
    private readonly own: OwnAccount,
    private readonly commands: Commands,
  ) {}

  @OnRoute(routes.renameDevice)
  async rename(request: RouteRequest): Promise<RouteReply> {
    const requester = callerOf(request);
    await this.own.of(requester);
    const { display_name: name = null } = parseInput(Body, request.body);
    const displayName = name === null ? null : newDisplayName(name, 'display_name');
    const mayMake = requester.appServiceId !== null;
    const deviceId = request.params['deviceId'] as DeviceId;
    if (mayMake) newDeviceId(deviceId);
    const data = { userId: requester.userId as UserId, deviceId, displayName, mayMake };
    const decided = await this.own.run(requester, this.commands.make('RenameDevice', requester, data), decide);
    const made = decided.some(({ type }) => type === 'device.created');
    return { status: made ? 201 : 200, body: {} };
  }
}
