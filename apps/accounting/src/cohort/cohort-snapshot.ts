import type { Cohort } from './cohort.js';

/** Changes whenever `evolve` or the form below does, so that snapshots of before are not read. */
export const COHORT_REDUCER = 'cohort/1';

/** One list per column: a million members are written in half the time that a list of lists takes. */
interface Columns {
  userIds: string[];
  marks: number[];
  services: string[];
  native: number;
}

export function serialise({ members, native }: Cohort): Columns {
  const columns: Columns = { userIds: [...members.keys()], marks: [], services: [], native };
  for (const { mark, service } of members.values()) {
    columns.marks.push(mark);
    columns.services.push(service);
  }
  return columns;
}

export function parse(data: unknown): Cohort {
  const { userIds, marks, services, native } = data as Columns;
  const members: Cohort['members'] = new Map();
  for (const [i, userId] of userIds.entries()) members.set(userId, { mark: marks[i]!, service: services[i]! });
  return { members, native };
}
