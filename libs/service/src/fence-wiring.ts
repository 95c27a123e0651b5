import type { Config } from '@ganglion/config';
import type { EventLog } from '@ganglion/event-store';
import {
  Fence,
  FenceHolder,
  FenceMember,
  NobodyListens,
  type FenceBus,
  type FenceTimes,
  type MemberStore,
} from '@ganglion/fence';
import { systemTimers, type Clock } from '@ganglion/kernel';
import { NoResponders, type Bus } from '@ganglion/messaging';
import type { Logger } from '@ganglion/observability';
import type pg from 'pg';
import type { LogPosition } from '@ganglion/contracts';
import { LEADER } from './ownership/share.js';

export function fenceTimes({ fence }: Config): FenceTimes {
  return { leaseMs: fence.lease_ms, marginMs: fence.margin_ms, writerAbsentGraceMs: fence.writer_absent_grace_ms };
}

/** The fence's messages over the real bus. */
export function fenceBus(bus: Bus): FenceBus {
  return {
    ask: async (subject, body, timeoutMs) => {
      try {
        return await bus.request(subject, body, timeoutMs);
      } catch (error) {
        if (error instanceof NoResponders) throw new NobodyListens();
        throw error;
      }
    },
    serve: (subject, handler) => bus.serve(subject, handler),
    listen: (subject, handler) => bus.listen(subject, handler),
    publish: (subject, body) => bus.publishJson(subject, body),
    onReconnect: (listener) => bus.onReconnect(listener),
    onDisconnect: (listener) => bus.onDisconnect(listener),
  };
}

export class PgMemberStore implements MemberStore {
  constructor(
    private readonly pool: pg.Pool,
    /** Whose leader holds the fence, and the name of this process there. */
    private readonly log: Pick<EventLog, 'log' | 'holder'>,
  ) {}
  async load(): Promise<string[]> {
    const { rows } = await this.pool.query<{ member_id: string }>('select member_id from fence_member');
    return rows.map(({ member_id }) => member_id);
  }
  async add(memberId: string): Promise<void> {
    await this.pool.query('insert into fence_member values ($1) on conflict do nothing', [memberId]);
  }
  async remove(memberIds: string[]): Promise<void> {
    // The lock makes a successor wait until it is done; whoever has been succeeded already removes nobody.
    await this.pool.query(
      `with leads as (select 1 from owner where log = $2 and vshard = $3 and holder = $4 for share)
        delete from fence_member where member_id = any($1) and exists (select from leads)`,
      [memberIds, this.log.log, LEADER, this.log.holder],
    );
  }
}

/** Makes this process a member of the fence of the log that `replica` follows. Call `start()` once the replica is loaded. */
export function fenceMember(
  replica: { applied(): LogPosition; onApplied(listener: () => void): void },
  log: string,
  memberId: string,
  parts: { bus: Bus; config: Config; clock: Clock; logger: Logger },
): FenceMember {
  const member = new FenceMember({
    bus: fenceBus(parts.bus),
    log,
    memberId,
    applied: () => replica.applied(),
    clock: parts.clock,
    times: fenceTimes(parts.config),
    renewEveryMs: parts.config.fence.renew_every_ms,
    logger: parts.logger,
  });
  replica.onApplied(() => member.appliedNow());
  return member;
}

/** Longer than anybody can go on serving on what it knew before. */
const SPARE_MS = 5_000;

/** The fence of this service's own log, held by the process that leads it. */
export function makeFence(
  log: EventLog,
  instance: string,
  parts: { bus: Bus; pool: pg.Pool; config: Config; clock: Clock; logger: Logger },
): Fence {
  const { pool, config, clock, logger } = parts;
  const times = fenceTimes(config);
  const bus = fenceBus(parts.bus);
  let terms = 0;
  return new Fence({
    bus,
    log: log.log,
    logId: log.logId,
    clock,
    timers: systemTimers,
    patienceMs: times.leaseMs + times.marginMs + times.writerAbsentGraceMs + SPARE_MS,
    makeHolder: () =>
      new FenceHolder({
        bus,
        log: log.log,
        holderId: `${instance}/${++terms}`,
        head: () => ({ logId: log.logId, pos: log.head() }),
        holds: () => log.ownsSurely(LEADER),
        store: new PgMemberStore(pool, log),
        clock,
        times,
        logger,
      }),
  });
}
