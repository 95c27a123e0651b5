import type { ParkedEvent, RebuildProgress, RebuildReport, RetryReport, TableComparison } from '@ganglion/event-store';
import type { ProjectionJob, ProjectionStatus } from '@ganglion/service';
import { table } from '../output/print.js';

const count = (n: number): string => n.toLocaleString('en');
const BAR_CELLS = 24;

export function describeList(projections: readonly ProjectionStatus[]): string[] {
  const rows = projections.map(({ name, source, position, head, parked, parks, neverRebuilt, job }) => [
    name,
    source,
    position === null ? 'not begun' : count(position),
    position === null || head === null ? '?' : count(Math.max(0, head - position)),
    parks ? count(parked) : 'halts',
    neverRebuilt === null ? 'yes' : 'no',
    job ? describeJob(job) : '',
  ]);
  return table([['PROJECTION', 'LOG', 'POSITION', 'BEHIND', 'PARKED', 'REBUILDABLE', 'LAST WORK'], ...rows]);
}

function describeJob(job: ProjectionJob): string {
  if (job.problem !== null) return `${job.kind} given up: ${job.problem}`;
  if (job.kind === 'rebuild') {
    if (job.report) return job.report.outcome === 'switched' ? 'rebuilt' : 'rebuild refused: tables differ';
    return `rebuild: ${job.progress ? describeProgress(job.progress) : 'begins'}`;
  }
  if (!job.report) return `retry: ${count(job.applied)} applied so far`;
  return `retried: ${count(job.report.applied)} applied, ${count(job.report.failed.length)} streams still blocked`;
}

/** One line, without what it would take to draw over the one before. */
export function describeProgress(progress: RebuildProgress): string {
  const { state, position, target, eventsPerSecond, etaMs, waitingFor } = progress;
  const done = target === 0 ? 1 : position / target;
  const filled = Math.floor(done * BAR_CELLS);
  const bar = `[${'#'.repeat(filled)}${'.'.repeat(BAR_CELLS - filled)}] ${String(Math.floor(done * 100)).padStart(3)} %`;
  const at = `${bar}  ${count(position)} of ${count(target)} events`;
  if (state === 'waiting') return `${at}  waiting for long reads to end: ${describeReaders(waitingFor)}`;
  if (state === 'exchanging') return `${at}  comparing and exchanging tables`;
  if (state !== 'filling') return at;
  const eta = etaMs === null ? '' : `, ${duration(etaMs)} left`;
  return `${at}  ${count(eventsPerSecond)}/s${eta}`;
}

function describeReaders(readers: RebuildProgress['waitingFor']): string {
  if (readers.length === 0) return 'somebody has locked the tables';
  return readers.map(({ pid, application }) => `${application || 'unnamed'} (pid ${pid})`).join(', ');
}

export function duration(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
}

export function describeRebuild(name: string, report: RebuildReport): string[] {
  const { outcome, position, durationMs, tables, parked } = report;
  const seconds = (durationMs / 1_000).toFixed(1);
  const rate = count(Math.round((position * 1_000) / Math.max(durationMs, 1)));
  const differing = tables.some(({ equal }) => !equal);
  return [
    `${count(position)} events in ${seconds} s (${rate}/s, all in).`,
    ...tables.flatMap(describeTable),
    ...describeParkedAtRebuild(parked),
    '',
    outcome === 'switched'
      ? `${name} is served from the new tables now${differing ? ', which differ from the old ones.' : '; they are equal to the old ones.'}`
      : `Refused: the tables differ, and the old ones go on serving. If the new ones are right (a bug was repaired since), run\n  ganglion projections rebuild ${name} --replace`,
  ];
}

function describeTable({ table: name, live, rebuilt, equal, samples }: TableComparison): string[] {
  if (equal) return [`  = ${name}: ${count(live.rows)} rows, same checksum`];
  const lines = [`  ! ${name}: differs (${count(live.rows)} rows live, ${count(rebuilt.rows)} rebuilt)`];
  for (const { key, in: where, columns } of samples ?? []) {
    const row = Object.entries(key).map(([column, value]) => `${column}=${value}`);
    lines.push(`      ${row.join(' ')}: ${where === 'both' ? columns.join(', ') : where}`);
  }
  if (!samples) lines.push('      (no rows named: no primary key, or it took too long)');
  return lines;
}

function describeParkedAtRebuild({ live, rebuilt }: RebuildReport['parked']): string[] {
  if (live === 0 && rebuilt === 0) return [];
  return [`  parked: ${count(live)} events in the old tables, ${count(rebuilt)} in the new ones`];
}

export function describeParked(events: readonly ParkedEvent[]): string[] {
  if (events.length === 0) return ['Nothing is parked.'];
  const rows = events.map(({ reader, pos, stream, type, attempts, parkedAtMs, error }) => [
    reader,
    String(pos),
    stream,
    type,
    new Date(parkedAtMs).toISOString(),
    error === null ? 'waits behind an earlier event of its stream' : `${attempts} attempts: ${error}`,
  ]);
  return table([['PROJECTION', 'POSITION', 'STREAM', 'TYPE', 'SINCE', 'WHY'], ...rows]);
}

export function describeRetry(name: string, { applied, failed }: RetryReport): string[] {
  const lines = [`${count(applied)} ${applied === 1 ? 'event' : 'events'} applied.`];
  for (const { stream, pos, type, error } of failed)
    lines.push(`  ! ${stream} stays blocked at ${pos} (${type}): ${error}`);
  if (failed.length > 0) lines.push('', `What is behind stays parked: ganglion projections parked ${name}`);
  return lines;
}
