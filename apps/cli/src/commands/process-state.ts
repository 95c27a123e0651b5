import type { HealthReport } from '@ganglion/service';

export interface ProcessState {
  /** `restarting`: it has ended and the launcher starts it again. `silent`: it runs and does not answer. */
  state: 'ready' | 'not ready' | 'silent' | 'restarting';
  pid: number | null;
  healthPort: number | null;
  /** Why it is not ready. */
  problems: string[];
  /** Whether it does what only one process of the service does; null: it did not say, or has no log. */
  leader: boolean | null;
  /** How many of the virtual shards it owns; null likewise. */
  shards: number | null;
}

/** A process that hangs must not make `ganglion status` hang. */
const ANSWER_MS = 3_000;

/** What a process says of itself. @param entry  what the launcher says of it; absent: it does not run now */
export async function stateOf(entry: { pid: number; healthPort: number } | undefined): Promise<ProcessState> {
  const unknown = { problems: [], leader: null, shards: null };
  if (!entry) return { state: 'restarting', pid: null, healthPort: null, ...unknown };
  const { pid, healthPort } = entry;
  const report = await reportOf(healthPort);
  if (typeof report === 'string') return { ...unknown, state: 'silent', pid, healthPort, problems: [report] };
  const { ready, problems, leader = null, shards = null } = report;
  return { state: ready ? 'ready' : 'not ready', pid, healthPort, problems, leader, shards };
}

/** Of the processes of a service one is its leader; each owns some of the shards. '' for those that have neither. */
export function roleOf({ leader, shards }: Pick<ProcessState, 'leader' | 'shards'>): string {
  const words = [leader === null ? '' : leader ? 'leader' : 'follower', shards === null ? '' : `${shards} shards`];
  return words.filter((word) => word !== '').join(', ');
}

/** Its report, or why there is none. */
async function reportOf(healthPort: number): Promise<HealthReport | string> {
  try {
    const signal = AbortSignal.timeout(ANSWER_MS);
    return (await (await fetch(`http://127.0.0.1:${healthPort}/health/ready`, { signal })).json()) as HealthReport;
  } catch (error) {
    return `its health port does not answer: ${(error as Error).message}`;
  }
}
