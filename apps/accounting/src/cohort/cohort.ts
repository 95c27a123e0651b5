import type { AccountingEvent } from '@ganglion/contracts';
import type { Decider } from '@ganglion/kernel';

/** Who counts as monthly active: user id → activity mark (ms since the epoch), and the service the user belongs to. */
export interface Cohort {
  members: Map<string, { mark: number; service: string }>;
  /** Members of service `native`: the figure that limits look at. Kept, so that a decision does not count. */
  native: number;
}

/** The service of users that no appservice made. */
export const NATIVE = 'native';
export const WINDOW_MS = 30 * 86_400_000;
/** A mark is renewed when it is older than this, so that a busy user is one event per hour. */
export const GRANULARITY_MS = 3_600_000;

export const initial = (): Cohort => ({ members: new Map(), native: 0 });

/** Changes `cohort` in place: it may hold a million members, and only its aggregate holds it. */
export function evolve(cohort: Cohort, event: AccountingEvent): Cohort {
  const { members } = cohort;
  switch (event.type) {
    case 'mau.member_added': {
      const { userId, mark, service } = event.data;
      if (!members.has(userId) && service === NATIVE) cohort.native += 1;
      members.set(userId, { mark, service });
      return cohort;
    }
    case 'mau.member_refreshed': {
      const member = members.get(event.data.userId);
      if (member) member.mark = Math.max(member.mark, event.data.mark);
      return cohort;
    }
    case 'mau.member_expired': {
      const member = members.get(event.data.userId);
      if (member?.service === NATIVE) cohort.native -= 1;
      members.delete(event.data.userId);
      return cohort;
    }
    default:
      return cohort;
  }
}

export const cohortDecider: Decider<Cohort, AccountingEvent> = { initial, evolve };

/** Members per service; services without members are absent. */
export function countByService({ members }: Cohort): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { service } of members.values()) counts[service] = (counts[service] ?? 0) + 1;
  return counts;
}
