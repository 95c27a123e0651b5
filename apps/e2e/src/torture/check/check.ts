import type { Facts, History, Violation } from '../history.js';
import { checkLogs } from './check-logs.js';
import { checkBridge, checkFollowers, checkPublished, checkViews } from './check-readers.js';
import { checkMoves, checkOrder, checkSends } from './check-sends.js';
import { checkAnswers, checkSessions } from './check-sessions.js';
import type { Check } from './violations.js';

/** Everything that must hold after any run, and what it means. */
export const CHECKS: Readonly<Record<string, Check>> = {
  'positions and versions of every log without holes': checkLogs,
  'acknowledged messages and state there once, under their id': checkSends,
  'in the order of their acknowledgement': checkOrder,
  'members came and went as told, once': checkMoves,
  'accounts and sessions begun and ended once': checkSessions,
  'sync followers saw every event once, in order': checkFollowers,
  'the same by /messages': checkViews,
  'the appservice got every event, in order; no id reused': checkBridge,
  'subscribers got every public event, in order': checkPublished,
  'answers: 503 or 429 with Retry-After, 504; no dead token served': checkAnswers,
  'projections equal to a rebuild, chains whole': (_, { problems }) =>
    problems.map((text) => ({ rule: 'projections', text })),
  'it recovered from every fault': ({ incidents }) => incidents.map((one) => ({ rule: 'recovery', ...one })),
};

/** @returns what each check found; nothing at all when all is well */
export function check(history: History, facts: Facts): Map<string, Violation[]> {
  return new Map(Object.entries(CHECKS).map(([name, holds]) => [name, holds(history, facts)]));
}
