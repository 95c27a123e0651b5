import { INSTANCE, Leadership, type LeaderWork } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import { Registrations } from '../registrations/registrations.service.js';
import { LaneFactory } from './lane-factory.service.js';
import { LaneJournal } from './lane-journal.service.js';
import { LaneStore } from './lane.store.js';
import type { Lane } from './lane.worker.js';

/**
 * The lanes this instance owns: all of them while it leads, taken over at the start. One that is down goes on with its waits, whether or not
 * there is traffic; one that is taken over by another instance ends here.
 */
@Injectable()
export class Lanes implements LeaderWork {
  readonly name = 'lanes';
  private readonly lanes = new Map<string, Lane>();

  constructor(
    private readonly registrations: Registrations,
    private readonly store: LaneStore,
    private readonly factory: LaneFactory,
    private readonly journal: LaneJournal,
    @Inject(INSTANCE) private readonly instance: string,
    leadership: Leadership,
  ) {
    leadership.during(this);
  }

  async start(): Promise<void> {
    const asIds = this.registrations.all().map((one) => one.public.asId);
    for (const { key, state } of await this.store.claim(asIds, this.instance)) {
      const lane = this.factory.make(key, state, () => this.lost(key.asId));
      this.lanes.set(key.asId, lane);
      lane.start();
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.lanes.values()].map((lane) => lane.stop()));
    this.lanes.clear();
  }

  /** @param asIds  lanes with something new; null: nobody knows which */
  wake(asIds: ReadonlySet<string> | null): void {
    if (asIds) return this.wakeThese(asIds);
    this.store.waiting([...this.lanes.keys()]).then(
      (found) => this.wakeThese(found),
      (error: unknown) => {
        this.journal.unsure(error);
        this.wakeThese(this.lanes.keys());
      },
    );
  }

  private wakeThese(asIds: Iterable<string>): void {
    for (const asId of asIds) this.lanes.get(asId)?.wake();
  }

  private lost(asId: string): void {
    this.lanes.delete(asId);
    this.journal.lost(asId);
  }
}
