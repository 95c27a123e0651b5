import type { SchemaPlan } from '@ganglion/service';
import { isUpToDate, mustStop, rowOf, tableOf, unfit, type ServicePlan } from './upgrade-plan.js';

const current: SchemaPlan = {
  verdict: 'current',
  version: 3,
  compatibleSince: 1,
  knownVersion: 3,
  madeBy: '0.1.0',
  pending: [],
  oldProcessesMayServe: true,
};
const outdated = (oldProcessesMayServe: boolean): SchemaPlan => ({
  ...current,
  verdict: 'outdated',
  pending: [{ name: 'Next1700000000009', oldProcessesMayServe }],
  oldProcessesMayServe,
});
const of = (plan: SchemaPlan, ...serving: string[]): ServicePlan => ({ service: 'rooms', plan, serving });

describe('what an upgrade would take', () => {
  it('is nothing when all are current, or newer than this build and compatible', () => {
    expect(isUpToDate([of(current), of({ ...current, verdict: 'ahead' })])).toBe(true);
    expect(isUpToDate([of(current), of(outdated(true))])).toBe(false);
  });

  it('is a stop where old processes serve that could not go on, and nowhere else', () => {
    expect(mustStop([of(outdated(false), 'rooms-1')])).toHaveLength(1);
    expect(mustStop([of(outdated(false)), of(outdated(true), 'rooms-1'), of(current, 'rooms-1')])).toEqual([]);
    expect(mustStop([of({ ...outdated(false), version: 0 }, 'x')])).toEqual([]);
  });

  it('cannot be done by a build that is too old or of another line', () => {
    const plans = (['current', 'outdated', 'ahead', 'too-new', 'diverged'] as const).map((verdict) =>
      of({ ...current, verdict }),
    );
    expect(unfit(plans).map(({ plan }) => plan.verdict)).toEqual(['too-new', 'diverged']);
  });

  it('is shown as a row of each service', () => {
    expect(rowOf(of(outdated(false), 'rooms-1'))).toEqual({
      service: 'rooms',
      version: 3,
      target: 4,
      pending: ['Next1700000000009'],
      oldProcessesMayServe: false,
      serving: ['rooms-1'],
      verdict: 'outdated',
    });
    expect(tableOf([of(outdated(false), 'rooms-1')])[1]).toEqual([
      'rooms',
      '3',
      '4',
      'to be upgraded',
      'NO, stop them first',
      '1',
    ]);
    expect(tableOf([of(current)])[1]).toEqual(['rooms', '3', '3', 'up to date', '', 'none']);
  });
});
