import type { SyncAnswer, SyncQuery } from '@ganglion/contracts';
import { OnQuery } from '@ganglion/messaging';
import { Controller } from '@nestjs/common';
import { RoomsMetrics } from '../rooms.metrics.js';
import { SyncService } from './sync.service.js';

/** Asked by gateways on behalf of a device that they have resolved. */
@Controller()
export class SyncController {
  constructor(
    private readonly sync: SyncService,
    private readonly metrics: RoomsMetrics,
  ) {}

  @OnQuery('sync')
  answer(query: SyncQuery): Promise<SyncAnswer> {
    const kind = query.since === null ? 'initial' : 'incremental';
    return this.metrics.timeSync(kind, () => this.sync.compute(query));
  }
}
