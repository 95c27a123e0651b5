import type { AccountingEvent } from '@ganglion/contracts';
import type { Command } from '@ganglion/kernel';
import { GRANULARITY_MS, NATIVE, type Cohort } from '../cohort.js';

/** What accounting knows of the account that was seen. */
export interface SeenAccount {
  isGuest: boolean;
  userType: string | null;
  appserviceId: string | null;
  /** Seconds since the epoch. */
  createdTs: number;
}

export interface CohortRules {
  limitUsageByMau: boolean;
  maxMauValue: number;
  mauStatsOnly: boolean;
  trialDays: number;
}

export type SeeUser = Command<
  'SeeUser',
  {
    userId: string;
    /** Ms since the epoch, of the request that was seen. */
    tsMs: number;
    /** Null: an account we do not know (an appservice's sender): never on trial, counts as native. */
    account: SeenAccount | null;
    rules: CohortRules;
  }
>;

/** Update rule of accounting.md §6.3. The expected version of the one cohort stream makes check and insert atomic. */
export function decide(cohort: Cohort, { data, meta }: SeeUser): AccountingEvent[] {
  const { userId, tsMs, account, rules } = data;
  if (!rules.limitUsageByMau && !rules.mauStatsOnly) return [];
  if (account?.isGuest || account?.userType === 'support' || isOnTrial(account, rules, meta.nowMs)) return [];
  const mark = Math.min(tsMs, meta.nowMs);
  const member = cohort.members.get(userId);
  if (member) {
    if (mark - member.mark <= GRANULARITY_MS) return [];
    return [{ type: 'mau.member_refreshed', data: { userId, mark } }];
  }
  if (rules.limitUsageByMau && cohort.native >= rules.maxMauValue) return [];
  const service = account?.appserviceId || NATIVE;
  return [{ type: 'mau.member_added', data: { userId, mark, reason: 'sighting', service } }];
}

export function isOnTrial(account: SeenAccount | null, rules: Pick<CohortRules, 'trialDays'>, nowMs: number): boolean {
  return account !== null && nowMs - account.createdTs * 1_000 < rules.trialDays * 86_400_000;
}
