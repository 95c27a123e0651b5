import { FAULTS, type FaultKind } from './faults/kinds.js';
import { groupBy } from './check/violations.js';
import { statusesOf } from './check/check-sessions.js';
import type { FaultRecord, History, SendRecord, Violation } from './history.js';
import type { TortureResult } from './run.js';

/** Faults that can have had to do with something at a moment. */
const AROUND_MS = { before: 15_000, after: 1_000 };
const SHOWN_PER_CHECK = 10;

export interface ReportFacts {
  seed: number;
  replicas: number;
  machine: string;
}

/** The tables for docs/reliability.md, in markdown. */
export function report({ history, found, tookMs, spontaneous }: TortureResult, facts: ReportFacts): string {
  const minutes = (tookMs / 60_000).toFixed(1);
  const perFault = (tookMs / 1_000 / Math.max(1, history.faults.length)).toFixed(1);
  return `Seed ${facts.seed}, ${facts.replicas} of each app, ${history.faults.length} faults in ${minutes} minutes (one in ${perFault} s), ${facts.machine}.

${faultTable(history)}

${table(['Load', 'Count'], loadRows(history, spontaneous.length))}

${table(
  ['Check', 'Violations'],
  [...found].map(([name, all]) => [name, String(all.length)]),
)}
`;
}

function faultTable(history: History): string {
  const outages = longestOutages(history);
  const kinds = groupBy(history.faults, ({ kind }) => kind);
  const rows = (Object.keys(FAULTS) as FaultKind[])
    .filter((kind) => kinds.has(kind))
    .map((kind) => {
      const faults = kinds.get(kind)!;
      const targets = new Set(faults.map(({ target }) => target.replace(/-\d+$| \(.*$/, '')));
      const longest = ((outages.get(kind) ?? 0) / 1_000).toFixed(1);
      return [`${FAULTS[kind]}`, [...targets].sort().join(', '), String(faults.length), `${longest} s`];
    });
  return table(['Fault', 'Of', 'Count', 'Longest time without an acknowledged write in a room'], rows);
}

function loadRows(history: History, spontaneous: number): string[][] {
  const { sends, tokens, moves, accounts, bans, transactions, follows, published } = history;
  const acked = <T extends { ackedMs: number | null }>(all: readonly T[]) =>
    all.filter(({ ackedMs }) => ackedMs !== null);
  const repeated = acked(sends).filter(({ attemptsNeeded }) => attemptsNeeded > 1).length;
  const statuses = [...statusesOf(history)].map(([status, count]) => `${status}: ${count}`).join(', ');
  return [
    ['messages and state acknowledged', String(acked(sends).length)],
    [
      'of these retried before that; repeated after it',
      `${repeated}; ${sends.filter((one) => one.attempts > one.attemptsNeeded).length}`,
    ],
    ['joins and leaves', String(acked(moves).length)],
    ['accounts made', String(acked(accounts).length)],
    ['sessions begun, ended', `${tokens.length}, ${tokens.filter(({ deadMs }) => deadMs !== null).length}`],
    ['shadow-bans and lifts', String(acked(bans).length)],
    ['answers by status', statuses],
    ['sync answers followed; gaps filled by /messages', `${sum(follows, 'syncs')}; ${sum(follows, 'gaps')}`],
    [
      'transactions to the appservice, taken',
      `${transactions.length}, ${transactions.filter((one) => one.accepted).length}`,
    ],
    ['public events received', String(published.length)],
    ['processes that ended by themselves', String(spontaneous)],
  ];
}

const sum = <K extends string>(all: readonly Record<K, number>[], key: K): number =>
  all.reduce((total, one) => total + one[key], 0);

/**
 * Per kind of fault the longest time between two acknowledgements in one room that began after the fault or shortly before it.
 * Where several faults overlap, it counts for each of them: by itself each took at most so long.
 */
export function longestOutages({ sends, faults }: Pick<History, 'sends' | 'faults'>): Map<string, number> {
  const longest = new Map<string, number>();
  const written = sends.filter((sent): sent is SendRecord & { ackedMs: number } => sent.ackedMs !== null);
  for (const inRoom of groupBy(written, ({ roomId }) => roomId).values()) {
    const times = inRoom.map(({ ackedMs }) => ackedMs).sort((a, b) => a - b);
    times.slice(1).forEach((endMs, i) => {
      for (const { kind, atMs } of faults) {
        if (atMs < times[i]! - 500 || atMs > endMs) continue;
        longest.set(kind, Math.max(longest.get(kind) ?? 0, endMs - Math.max(times[i]!, atMs)));
      }
    });
  }
  return longest;
}

/** What is wrong, and what had been done to the system before. */
export function describe({ history, found }: Pick<TortureResult, 'history' | 'found'>): string[] {
  return [...found].flatMap(([name, all]) => {
    if (all.length === 0) return [];
    const shown = all.slice(0, SHOWN_PER_CHECK).flatMap((violation) => describeOne(violation, history.faults));
    const rest = all.length > SHOWN_PER_CHECK ? [`  and ${all.length - SHOWN_PER_CHECK} more`] : [];
    return [`\nBROKEN: ${name}`, ...shown, ...rest];
  });
}

function describeOne({ rule, text, atMs }: Violation, faults: readonly FaultRecord[]): string[] {
  if (atMs === undefined) return [`  ${rule}: ${text}`];
  const around = faults.filter((fault) => fault.atMs > atMs - AROUND_MS.before && fault.atMs < atMs + AROUND_MS.after);
  return [`  ${rule}: ${text} (at ${seconds(atMs)})`, ...around.map((fault) => `    ${describeFault(fault)}`)];
}

export function describeFault({ n, kind, target, atMs, durationMs, together }: FaultRecord): string {
  const lasting = durationMs === null ? '' : ` for ${durationMs} ms`;
  return `${seconds(atMs)} #${n} ${kind} ${target}${lasting}${together ? ', together with the one before' : ''}`;
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
