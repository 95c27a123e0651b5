import { routes, type RouteReply, type RouteRequest } from '@ganglion/contracts';
import { callerOf, OnRoute } from '@ganglion/service';
import { Controller } from '@nestjs/common';
import { refuse } from '../../auth.errors.js';
import type { Device } from '../../accounts/account.js';
import { Accounts } from '../../accounts/accounts.repository.js';

/** `GET /devices[/{deviceId}]`: the own devices, as the log has them at this moment. */
@Controller()
export class OwnDevicesController {
  constructor(private readonly accounts: Accounts) {}

  @OnRoute(routes.devices)
  async all(request: RouteRequest): Promise<RouteReply> {
    const { userId } = callerOf(request);
    const { devices } = await this.accounts.state(userId);
    const sorted = [...devices].sort(([a], [b]) => (a < b ? -1 : 1));
    return { body: { devices: sorted.map(([deviceId, device]) => shown(userId, deviceId, device)) } };
  }

  @OnRoute(routes.device)
  async one(request: RouteRequest): Promise<RouteReply> {
    const { userId } = callerOf(request);
    const deviceId = request.params['deviceId']!;
    const device = (await this.accounts.state(userId)).devices.get(deviceId);
    if (!device) throw refuse('DEVICE_UNKNOWN');
    return { body: shown(userId, deviceId, device) };
  }
}

/** When and where it was last seen is not known here. The keys are there all the same: some clients read them unasked. */
function shown(userId: string, deviceId: string, { displayName }: Device) {
  return {
    user_id: userId,
    device_id: deviceId,
    display_name: displayName,
    last_seen_ip: null,
    last_seen_ts: null,
  };
}
