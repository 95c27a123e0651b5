import type { LaneRecovered, LaneWentDown } from '@ganglion/contracts';

/** Whether an appservice takes transactions, as the log tells it. */
export type LaneHealth = 'working' | 'down';
export type LaneHealthEvent = LaneWentDown | LaneRecovered;

export const laneHealthDecider = {
  initial: (): LaneHealth => 'working',
  /** Total: leaves the state as it is on an event it does not know. */
  evolve(state: LaneHealth, { type }: LaneHealthEvent): LaneHealth {
    switch (type) {
      case 'lane.went_down':
        return 'down';
      case 'lane.recovered':
        return 'working';
      default:
        return state;
    }
  },
};

/** Says it once per outage, whatever is tried and fails meanwhile. */
export function goDown(health: LaneHealth, asId: string, failureClass: string): LaneHealthEvent[] {
  return health === 'down' ? [] : [{ type: 'lane.went_down', data: { asId, class: failureClass } }];
}

export function recover(health: LaneHealth, asId: string): LaneHealthEvent[] {
  return health === 'working' ? [] : [{ type: 'lane.recovered', data: { asId } }];
}
