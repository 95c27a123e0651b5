import type { LogPosition, ServiceName } from '@ganglion/contracts';
import { LRUCache } from 'lru-cache';

/** Users remembered; whoever is forgotten reads what the service knows anyway, which is hardly ever older. */
const REMEMBERED = 100_000;

/**
 * Where each user's last write stands in each service's log. Several processes answer reads, so a read says which position it
 * must have seen: nobody misses what they have just written.
 */
export class LastWrites {
  private readonly positions = new LRUCache<string, LogPosition>({ max: REMEMBERED });

  wrote(userId: string, service: ServiceName, at: LogPosition): void {
    const key = `${service} ${userId}`;
    const before = this.positions.get(key);
    // Answers may overtake each other; another log begins anew.
    if (!before || before.logId !== at.logId || before.pos < at.pos) this.positions.set(key, at);
  }

  of(userId: string, service: ServiceName): LogPosition | undefined {
    return this.positions.get(`${service} ${userId}`);
  }
}
