import type { ProjectionJob } from '@ganglion/service';
import { ProblemToSay } from '../place.js';
import { ProgressLine, watchJob } from './watch-job.js';

const running: ProjectionJob = { id: '1', startedAtMs: 0, kind: 'retry', applied: 1, problem: null, report: null };
const ended: ProjectionJob = { ...running, report: { applied: 1, failed: [] } };
const target = { service: 'rooms', name: 'a.b', id: '1' } as const;

describe('a job that is watched', () => {
  const watch = (...answers: (ProjectionJob | null)[]) => {
    const told: (ProjectionJob | null)[] = [];
    const client = { job: async () => answers.shift() ?? null };
    return { told, end: watchJob(client, target, (job) => told.push(job)) };
  };

  it('is told of until it ends, also when an answer is missing', async () => {
    const { told, end } = watch(running, null, running, ended);
    expect(await end).toBe(ended);
    expect(told).toEqual([running, running, ended]);
  });

  it('is given up when nobody knows it any more', async () => {
    await expect(watch(running).end).rejects.toThrow(ProblemToSay);
  });
});

describe('a line of progress', () => {
  it('is drawn over the last one on a terminal, and wiped at the end', () => {
    const written: string[] = [];
    const line = new ProgressLine({ isTTY: true, columns: 5, write: (text) => written.push(text) }, () => 0);
    line.show('one two');
    line.show('2');
    line.end();
    line.end();
    expect(written).toEqual(['\r\u001b[Kone ', '\r\u001b[K2', '\r\u001b[K']);
  });

  it('is a line every few seconds elsewhere', () => {
    const written: string[] = [];
    let nowMs = 0;
    const line = new ProgressLine({ write: (text) => written.push(text) }, () => nowMs, 3_000);
    for (const atMs of [0, 2_999, 3_000, 4_000]) {
      nowMs = atMs;
      line.show(`at ${atMs}`);
    }
    line.end();
    expect(written).toEqual(['at 0\n', 'at 3000\n']);
  });
});
