import type { Answer } from '../edge/answer.js';
import type { ClientCall } from '../edge/client-call.js';

/** The device is left out where there is none: appservices and puppets. Written by hand: it is the busiest route. */
export function whoami({ requester }: Pick<ClientCall, 'requester'>): Answer {
  const { userId, deviceId, isGuest } = requester!;
  const device = deviceId === null ? '' : `"device_id":${JSON.stringify(deviceId)},`;
  return { status: 200, body: `{"user_id":${JSON.stringify(userId)},${device}"is_guest":${isGuest}}` };
}
