import type { Config } from '@ganglion/config';
import { CONFIG, Followers, POOL } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import { DispatchMetrics } from './dispatch.metrics.js';
import { FanOut } from './fan-out.projection.js';
import { Lanes } from './lanes.service.js';

/** Feeds the fan-out from the rooms log and wakes the lanes that got something, no others. */
@Injectable()
export class DispatchFeed {
  constructor(
    @Inject(CONFIG) { server }: Config,
    @Inject(POOL) pool: pg.Pool,
    followers: Followers,
    lanes: Lanes,
    metrics: DispatchMetrics,
  ) {
    const fanOut = new FanOut(pool, {
      serverName: server.server_name,
      onRouted: (asIds) => lanes.wake(asIds),
      onExamined: (batch) => metrics.fannedOut(batch),
    });
    followers.follow('rooms', fanOut);
  }
}
