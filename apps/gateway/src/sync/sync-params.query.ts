import type { SyncQuery } from '@ganglion/contracts';
import type { Query } from '../edge/query-string.js';
import { queryBoolean, queryChoice, queryInteger } from '@ganglion/service';
import { refuse } from '../gateway.errors.js';

export interface SyncParams {
  since: string | null;
  filter: string | null;
  fullState: boolean;
  useStateAfter: boolean;
  /** Only when asked for under the unstable name, which the answer then uses too. */
  stateAfterKey?: SyncQuery['stateAfterKey'];
  timeoutMs: number;
}

const PRESENCES = ['online', 'offline', 'unavailable'] as const;

/**
 * Client-api.md §4.2. `set_presence` is checked and has no effect: presence is not served.
 * @param capMs  longest wait, whatever the client asks
 * @throws FROM_ON_SYNC, or M_INVALID_PARAM naming the parameter
 */
export function syncParamsOf(query: Query, capMs: number): SyncParams {
  if (query['from'] !== undefined) throw refuse('FROM_ON_SYNC');
  queryChoice(query, 'set_presence', PRESENCES, 'online');
  const stable = queryBoolean(query, 'use_state_after', false);
  const unstable = queryBoolean(query, 'org.matrix.msc4222.use_state_after', false);
  return {
    since: query['since']?.[0] ?? null,
    filter: query['filter']?.[0] ?? null,
    fullState: queryBoolean(query, 'full_state', false),
    useStateAfter: stable || unstable,
    ...(unstable && !stable ? { stateAfterKey: 'org.matrix.msc4222.state_after' as const } : {}),
    timeoutMs: Math.min(queryInteger(query, 'timeout', 0), capMs),
  };
}
