import type { Config } from '@ganglion/config';
import type { Clock } from '@ganglion/kernel';
import { CLOCK, CONFIG, type AccountsReplica } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import type { Cohort } from '../cohort/cohort.js';
import { isOnTrial, type CohortRules } from '../cohort/see-user/see-user.js';
import type { LimitState } from './block-decision.js';

/** The configured rules, in the form that decisions take them. */
@Injectable()
export class Rules {
  readonly cohort: CohortRules;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    const { limit_usage_by_mau, max_mau_value, mau_stats_only, mau_trial_days } = config.accounting;
    this.cohort = {
      limitUsageByMau: limit_usage_by_mau,
      maxMauValue: limit_usage_by_mau ? max_mau_value : 0,
      mauStatsOnly: mau_stats_only,
      trialDays: mau_trial_days,
    };
  }

  limits(cohort: Cohort, accounts: AccountsReplica): LimitState {
    const { accounting, server } = this.config;
    return {
      hsDisabled: accounting.hs_disabled,
      hsDisabledMessage: accounting.hs_disabled_message,
      limitUsageByMau: this.cohort.limitUsageByMau,
      maxMauValue: this.cohort.maxMauValue,
      adminContact: accounting.admin_contact,
      trackAppserviceUserIps: accounting.track_appservice_user_ips,
      serverName: server.server_name,
      current: cohort.native,
      isMember: (userId) => cohort.members.has(userId),
      isTrial: (userId) => isOnTrial(accounts.get(userId) ?? null, this.cohort, this.clock.nowMs()),
      isSupport: (userId) => accounts.get(userId)?.userType === 'support',
    };
  }
}
