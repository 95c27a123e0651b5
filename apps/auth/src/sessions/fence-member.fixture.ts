import { FenceMember } from '@ganglion/fence';
import { systemClock } from '@ganglion/kernel';
import { createLogger } from '@ganglion/observability';
import { fenceBus } from '@ganglion/service';
import type { AuthUnderTest } from '../auth.fixture.js';

/** The next position after `pos` that members are asked to have applied. */
export function barrierAfter(auth: AuthUnderTest, pos: number): Promise<number> {
  return new Promise((resolve) => {
    const stop = auth.deployment.bus.listen('fence.auth.barrier', (body) => {
      const asked = (body as { pos: number }).pos;
      if (asked <= pos) return;
      stop();
      resolve(asked);
    });
  });
}

/** Whoever serves from a replica that stands where `applied` says. */
export function member(auth: AuthUnderTest, applied: () => { logId: string; pos: number }): FenceMember {
  return new FenceMember({
    bus: fenceBus(auth.deployment.bus),
    log: 'auth',
    memberId: 'gateway-under-test',
    applied,
    clock: systemClock,
    times: { leaseMs: 10_000, marginMs: 200, writerAbsentGraceMs: 0 },
    renewEveryMs: 60_000,
    logger: createLogger('gateway', 'fatal'),
  });
}
