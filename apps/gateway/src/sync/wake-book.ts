import type { RoomsWake } from '@ganglion/contracts';
import { ParkedSyncs } from './parked-syncs.js';
import { RecentWakes } from './recent-wakes.js';

/**
 * What is known of the commits of one log, and whom they wake. A wake that was lost costs latency only: a gap between
 * two wakes, or a head that no wake told of from one beacon to the next, wakes everybody.
 */
export class WakeBook {
  readonly parked = new ParkedSyncs();
  readonly recent = new RecentWakes();
  private logId: string | null = null;
  /** Last position that a wake or beacon spoke for. */
  private toldPos = 0;
  /** Head of the last beacon: its own wakes may still have been under way then, but not any more at the next. */
  private lastHead = 0;

  woken({ logId, from, pos, rooms, users }: RoomsWake): void {
    if (this.isNewLog(logId)) return this.everybody(pos);
    if (from > this.toldPos + 1) return this.everybody(pos);
    this.toldPos = Math.max(this.toldPos, pos);
    this.recent.add(pos, rooms, users);
    this.parked.wake(rooms, users);
  }

  beacon({ logId, head }: { logId: string; head: number }): void {
    if (this.isNewLog(logId)) this.everybody(head);
    else if (this.lastHead > this.toldPos) this.everybody(this.lastHead);
    this.lastHead = head;
  }

  /** Nobody knows what was missed: after a broken connection, for instance. */
  everybody(pos = this.toldPos): void {
    this.toldPos = Math.max(this.toldPos, pos);
    this.recent.addForAll(this.toldPos);
    this.parked.wakeAll();
  }

  private isNewLog(logId: string): boolean {
    if (this.logId === logId) return false;
    this.logId = logId;
    this.toldPos = 0;
    this.lastHead = 0;
    this.recent.clear();
    return true;
  }
}
