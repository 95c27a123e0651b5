import type { Config } from '@ganglion/config';
import {
  FenceHolder,
  FenceMember,
  NobodyListens,
  type FenceBus,
  type FenceTimes,
  type MemberStore,
} from '@ganglion/fence';
import type { Clock } from '@ganglion/kernel';
import { NoResponders, type Bus } from '@ganglion/messaging';
import type { Logger } from '@ganglion/observability';
import type pg from 'pg';
import type { LogPosition } from '@ganglion/contracts';

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
  constructor(private readonly pool: pg.Pool) {}
  async load(): Promise<string[]> {
    const { rows } = await this.pool.query<{ member_id: string }>('select member_id from fence_member');
    return rows.map(({ member_id }) => member_id);
  }
  async add(memberId: string): Promise<void> {
    await this.pool.query('insert into fence_member values ($1) on conflict do nothing', [memberId]);
  }
  async remove(memberIds: string[]): Promise<void> {
    await this.pool.query('delete from fence_member where member_id = any($1)', [memberIds]);
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

export function fenceHolder(
  log: string,
  holderId: string,
  head: () => LogPosition,
  parts: { bus: Bus; pool: pg.Pool; config: Config; clock: Clock; logger: Logger },
): FenceHolder {
  const { bus, pool, config, clock, logger } = parts;
  const store = new PgMemberStore(pool);
  return new FenceHolder({ bus: fenceBus(bus), log, holderId, head, store, clock, times: fenceTimes(config), logger });
}
