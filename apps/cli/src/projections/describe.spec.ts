import type { RebuildProgress, RebuildReport } from '@ganglion/event-store';
import type { ProjectionStatus } from '@ganglion/service';
import {
  describeList,
  describeParked,
  describeProgress,
  describeRebuild,
  describeRetry,
  duration,
} from './describe.js';

const projection = (changes: Partial<ProjectionStatus>): ProjectionStatus => ({
  name: 'rooms.read-model',
  service: 'rooms',
  instance: 'rooms-1',
  source: 'rooms',
  tables: ['room'],
  position: 1_200,
  head: 1_234,
  parks: true,
  parked: 0,
  neverRebuilt: null,
  job: null,
  ...changes,
});
const progress = (changes: Partial<RebuildProgress>): RebuildProgress => ({
  state: 'filling',
  position: 250,
  target: 1_000,
  eventsPerSecond: 25_000,
  etaMs: 61_000,
  waitingFor: [],
  ...changes,
});
const report = (changes: Partial<RebuildReport>): RebuildReport => ({
  outcome: 'switched',
  position: 50_000,
  durationMs: 2_000,
  tables: [
    { table: 'room', live: { rows: 3, hash: '1' }, rebuilt: { rows: 3, hash: '1' }, equal: true, samples: null },
  ],
  parked: { live: 0, rebuilt: 0 },
  ...changes,
});

describe('projections in words', () => {
  it('are a table', () => {
    const job = { id: '1', startedAtMs: 0, kind: 'retry', applied: 2, problem: null, report: null } as const;
    const lines = describeList([
      projection({ job }),
      projection({ name: 'x.y', parks: false, position: null, head: null, neverRebuilt: 'it sends letters' }),
    ]);
    expect(lines.map((line) => line.split(/ {2,}/))).toEqual([
      ['PROJECTION', 'LOG', 'POSITION', 'BEHIND', 'PARKED', 'REBUILDABLE', 'LAST WORK'],
      ['rooms.read-model', 'rooms', '1,200', '34', '0', 'yes', 'retry: 2 applied so far'],
      ['x.y', 'rooms', 'not begun', '?', 'halts', 'no'],
    ]);
  });

  it.each<[Partial<RebuildProgress>, string]>([
    [{}, '[######..................]  25 %  250 of 1,000 events  25,000/s, 1 min 1 s left'],
    [{ etaMs: null, position: 0 }, '[........................]   0 %  0 of 1,000 events  25,000/s'],
    [{ state: 'exchanging', position: 1_000 }, `[${'#'.repeat(24)}] 100 %  1,000 of 1,000 events  comparing`],
    [{ state: 'exchanging', position: 0, target: 0 }, `[${'#'.repeat(24)}] 100 %  0 of 0 events  comparing`],
    [
      { state: 'waiting', waitingFor: [{ pid: 7, application: 'pg_dump', sinceMs: 0 }] },
      'waiting for long reads to end: pg_dump (pid 7)',
    ],
  ])('progress %j', (changes, text) => expect(describeProgress(progress(changes))).toContain(text));

  it('say what a rebuild has found, and what to do when it was refused', () => {
    expect(describeRebuild('a.b', report({})).join('\n')).toBe(
      `50,000 events in 2.0 s (25,000/s, all in).
  = room: 3 rows, same checksum

a.b is served from the new tables now; they are equal to the old ones.`,
    );
    const samples = [
      { key: { id: '1' }, in: 'both', columns: ['name', 'times'] } as const,
      { key: { id: '2' }, in: 'live only', columns: [] } as const,
    ].map((row) => ({ ...row, columns: [...row.columns] }));
    const tables = [
      { table: 'room', live: { rows: 3, hash: '1' }, rebuilt: { rows: 2, hash: '2' }, equal: false, samples },
      { table: 'txn', live: { rows: 3, hash: '1' }, rebuilt: { rows: 2, hash: '2' }, equal: false, samples: null },
    ];
    const text = describeRebuild('a.b', report({ outcome: 'refused', tables, parked: { live: 2, rebuilt: 0 } })).join(
      '\n',
    );
    expect(text).toContain(
      '  ! room: differs (3 rows live, 2 rebuilt)\n      id=1: name, times\n      id=2: live only\n',
    );
    expect(text).toContain('  ! txn: differs (3 rows live, 2 rebuilt)\n      (no rows named');
    expect(text).toContain('  parked: 2 events in the old tables, 0 in the new ones');
    expect(text).toContain('ganglion projections rebuild a.b --replace');
  });

  it('say what is parked, and what a retry did', () => {
    const event = { reader: 'a.b', logId: 'x', pos: 7, stream: 's', type: 'lamp.lit', attempts: 3, parkedAtMs: 0 };
    const lines = describeParked([
      { ...event, error: 'no' },
      { ...event, pos: 8, error: null },
    ]);
    expect(lines[1]).toContain('3 attempts: no');
    expect(lines[2]).toContain('waits behind');
    expect(describeParked([])).toEqual(['Nothing is parked.']);
    expect(describeRetry('a.b', { applied: 1, failed: [] })).toEqual(['1 event applied.']);
    expect(
      describeRetry('a.b', { applied: 0, failed: [{ stream: 's', pos: 7, type: 't', error: 'no' }] }).join('\n'),
    ).toContain('s stays blocked at 7 (t): no');
  });

  it.each([
    [1_400, '1 s'],
    [61_000, '1 min 1 s'],
    [7_260_000, '2 h 1 min'],
  ])('%i ms', (ms, text) => expect(duration(ms)).toBe(text));
});
