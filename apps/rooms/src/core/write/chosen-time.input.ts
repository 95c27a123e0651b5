import type { RouteRequest } from '@ganglion/contracts';
import { queryInteger } from '@ganglion/service';

/**
 * The `ts` query parameter of appservices, ms since the epoch; nothing when absent or when somebody else sends it.
 * @throws BAD_INPUT (400 M_INVALID_PARAM)
 */
export function chosenTime({ query, requester }: RouteRequest): { originServerTs?: number } {
  if (query['ts'] === undefined || !requester?.appServiceId) return {};
  return { originServerTs: queryInteger(query, 'ts', 0) };
}
