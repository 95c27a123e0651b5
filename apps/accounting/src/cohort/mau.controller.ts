import type { Config } from '@ganglion/config';
import { routes, type RouteReply } from '@ganglion/contracts';
import { CONFIG, OnRoute } from '@ganglion/service';
import { Controller, Inject } from '@nestjs/common';
import { countByService } from './cohort.js';
import { CohortRepository } from './cohort.repository.js';

/** `GET /_ganglion/admin/v1/accounting/mau`: how many count as monthly active now (accounting.md §12.4). */
@Controller()
export class MauController {
  constructor(
    private readonly cohort: CohortRepository,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @OnRoute(routes.mau)
  async mau(): Promise<RouteReply> {
    const { limit_usage_by_mau, max_mau_value, mau_stats_only } = this.config.accounting;
    const cohort = await this.cohort.current();
    let oldest: number | null = null;
    for (const { mark } of cohort.members.values()) oldest = Math.min(oldest ?? mark, mark);
    return {
      body: {
        enabled: limit_usage_by_mau || mau_stats_only,
        limited: limit_usage_by_mau,
        current: cohort.native,
        max: limit_usage_by_mau ? max_mau_value : 0,
        reserved: 0,
        by_service: countByService(cohort),
        window_days: 30,
        oldest_mark_ts: oldest,
      },
    };
  }
}
