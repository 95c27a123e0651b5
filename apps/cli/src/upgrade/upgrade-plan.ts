import type { LogService } from '@ganglion/contracts';
import type { SchemaPlan } from '@ganglion/service';

/** What stands between a service's database and this build. */
export interface ServicePlan {
  service: LogService;
  plan: SchemaPlan;
  /** Processes that hold a lease. */
  serving: string[];
}

export interface UpgradeRow {
  service: LogService;
  version: number;
  target: number;
  pending: string[];
  /** Null: nothing is pending. */
  oldProcessesMayServe: boolean | null;
  serving: string[];
  verdict: SchemaPlan['verdict'];
}

export function rowOf({ service, plan, serving }: ServicePlan): UpgradeRow {
  const { version, pending, oldProcessesMayServe, verdict } = plan;
  return {
    service,
    version,
    target: version + pending.length,
    pending: pending.map(({ name }) => name),
    oldProcessesMayServe: pending.length === 0 ? null : oldProcessesMayServe,
    serving,
    verdict,
  };
}

/** Services that have to be stopped before anything is migrated. */
export const mustStop = (plans: readonly ServicePlan[]): ServicePlan[] =>
  plans.filter(({ plan, serving }) => plan.version > 0 && !plan.oldProcessesMayServe && serving.length > 0);

export const unfit = (plans: readonly ServicePlan[]): ServicePlan[] =>
  plans.filter(({ plan: { verdict } }) => verdict === 'too-new' || verdict === 'diverged');

export const isUpToDate = (plans: readonly ServicePlan[]): boolean =>
  plans.every(({ plan }) => plan.pending.length === 0);

const WORDS: Record<SchemaPlan['verdict'], string> = {
  current: 'up to date',
  outdated: 'to be upgraded',
  ahead: 'newer than this build, which can serve on it',
  'too-new': 'too new for this build',
  diverged: 'changed by a build that is no version before this one',
};

/** Cells of the table that people see; the first row is the head. */
export function tableOf(plans: readonly ServicePlan[]): string[][] {
  const rows = plans
    .map(rowOf)
    .map((row) => [
      row.service,
      String(row.version),
      String(row.target),
      WORDS[row.verdict],
      row.oldProcessesMayServe === null || row.version === 0
        ? ''
        : row.oldProcessesMayServe
          ? 'yes'
          : 'NO, stop them first',
      row.serving.length === 0 ? 'none' : String(row.serving.length),
    ]);
  return [['service', 'schema', 'target', '', 'old processes may go on', 'serving now'], ...rows];
}
