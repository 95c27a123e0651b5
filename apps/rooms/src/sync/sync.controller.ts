import type { SyncAnswer, SyncQuery } from '@ganglion/contracts';
import { OnCommand } from '@ganglion/messaging';
import { Controller } from '@nestjs/common';
import { RoomsMetrics } from '../rooms.metrics.js';
import { SyncService } from './sync.service.js';

/**
 * Asked by gateways on behalf of a device that they have resolved. It reads what any process could read, but goes to the owner of
 * the user's virtual shard, who remembers what the device has been given.
 */
@Controller()
export class SyncController {
  constructor(
    private readonly sync: SyncService,
    private readonly metrics: RoomsMetrics,
  ) {}

  @OnCommand('sync')
  answer(query: SyncQuery): Promise<SyncAnswer> {
    const kind = query.since === null ? 'initial' : 'incremental';
    return this.metrics.timeSync(kind, () => this.sync.compute(query));
  }
}
