import type { AccountingEvent } from '@ganglion/contracts';
import type { Command } from '@ganglion/kernel';
import { NATIVE, WINDOW_MS, type Cohort } from '../cohort.js';
import type { CohortRules } from '../see-user/see-user.js';

export type Reap = Command<'Reap', { rules: CohortRules; reserved: ReadonlySet<string> }>;

/** Accounting.md §6.6: drop marks older than the window, then, under a limit, the oldest natives beyond it. */
export function decide(cohort: Cohort, { data: { rules, reserved }, meta }: Reap): AccountingEvent[] {
  const free = [...cohort.members].filter(([userId]) => !reserved.has(userId));
  const old = free.filter(([, { mark }]) => mark < meta.nowMs - WINDOW_MS).map(([userId]) => userId);
  const events = old.map((userId) => expired(userId, 'age'));
  if (!rules.limitUsageByMau) return events;
  const gone = new Set(old);
  const keep = Math.max(rules.maxMauValue - reserved.size, 0);
  const beyond = free
    .filter(([userId, { service }]) => service === NATIVE && !gone.has(userId))
    .sort(([, a], [, b]) => b.mark - a.mark)
    .slice(keep);
  return [...events, ...beyond.map(([userId]) => expired(userId, 'over_limit'))];
}

function expired(userId: string, reason: 'age' | 'over_limit'): AccountingEvent {
  return { type: 'mau.member_expired', data: { userId, reason } };
}
