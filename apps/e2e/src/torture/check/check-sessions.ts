import { createHash } from 'node:crypto';
import type { AnswerRecord, History, OutageRecord, TokenRecord, Violation } from '../history.js';
import { groupBy, type Check } from './violations.js';

/** An answer that left before the logout was answered may be read after it, by a client that is busy. */
const READ_LATE_MS = 1_000;
/** Between the moment a process is killed and the one we note. */
const NOTED_LATE_MS = 250;

/** Accounts and sessions that were acknowledged are in auth's log, once; what was ended has ended there. */
export const checkSessions: Check = ({ accounts, tokens }, { logs }) => {
  const rows = groupBy(logs.auth.rows, ({ type, data }) => `${type} ${data['tokenHash'] ?? data['userId']}`);
  const count = (type: string, about: string) => rows.get(`${type} ${about}`)?.length ?? 0;
  const wrong = (text: string, atMs: number | null): Violation => ({ rule: 'accounts', text, atMs: atMs ?? 0 });
  return [
    ...accounts
      .filter(({ userId, ackedMs }) => count('account.registered', userId) !== 1 && ackedMs !== null)
      .map(({ userId, ackedMs }) =>
        wrong(`${userId} registered ${count('account.registered', userId)} times`, ackedMs),
      ),
    ...tokens.flatMap((token) => {
      const hash = createHash('sha256').update(token.value).digest('hex');
      const [issued, revoked] = [count('token.issued', hash), count('token.revoked', hash)];
      const mayEnd = token.logoutStartedMs !== null;
      const found = issued === 1 ? [] : [wrong(`session ${token.index} was begun ${issued} times`, token.issuedMs)];
      const isRight = token.deadMs === null ? revoked <= (mayEnd ? 1 : 0) : revoked === 1;
      return isRight ? found : [...found, wrong(`session ${token.index} ended ${revoked} times`, token.deadMs)];
    }),
  ];
};

/** What clients may be told: never more than that it did not work this time, and who is logged in is. */
export const checkAnswers: Check = ({ answers, tokens, outages }) => {
  const gateways = outages.filter(({ instance }) => instance.startsWith('gateway'));
  return answers.flatMap((answer) => {
    const text = problemOf(answer, answer.token === null ? null : (tokens[answer.token] ?? null), gateways);
    if (text === null) return [];
    const { op, status, errcode, endedMs } = answer;
    const rule = text.includes('dead') ? 'dead token' : 'answers';
    return [{ rule, text: `${op}: ${status} ${errcode ?? ''}: ${text}`, atMs: endedMs }];
  });
};

function problemOf(answer: AnswerRecord, token: TokenRecord | null, gateways: readonly OutageRecord[]): string | null {
  const { status, allowed } = answer;
  if (status === 0) return wasThere(answer, gateways) ? 'the connection broke, and no gateway had ended' : null;
  if (status === 429 || status >= 500) return problemOfDelay(answer);
  const served = token && servedDead(answer, token.deadMs);
  if (served !== null) return served;
  return status < 400 || allowed.includes(status) ? null : problemOfRefusal(answer, token);
}

function problemOfRefusal({ status, endedMs }: AnswerRecord, token: TokenRecord | null): string | null {
  if (status !== 401) return 'refused without a reason';
  return token && mayBeDead(token, endedMs) ? null : 'its token is alive';
}

function problemOfDelay({ status, retryAfter }: AnswerRecord): string | null {
  if (status === 504) return null;
  if (status !== 429 && status !== 503) return 'not what a fault may cause';
  return retryAfter ? null : 'without Retry-After';
}

const mayBeDead = ({ logoutStartedMs }: TokenRecord, atMs: number): boolean =>
  logoutStartedMs !== null && atMs >= logoutStartedMs;

/** Also a refusal is wrong, if it is another one than that the token is dead. */
function servedDead({ op, status, startedMs, endedMs }: AnswerRecord, deadMs: number | null): string | null {
  if (deadMs === null || status === 401) return null;
  if (startedMs > deadMs) return `a dead token was served ${Math.round(startedMs - deadMs)} ms later`;
  const isLate = op !== 'logout' && status < 400 && endedMs > deadMs + READ_LATE_MS;
  return isLate ? `answered ${Math.round(endedMs - deadMs)} ms after its token was dead` : null;
}

function wasThere({ startedMs, endedMs }: AnswerRecord, gateways: readonly OutageRecord[]): boolean {
  return !gateways.some(({ fromMs, toMs }) => fromMs <= endedMs + NOTED_LATE_MS && toMs >= startedMs - NOTED_LATE_MS);
}

/** For the report. @returns how often each status was seen, in order of status */
export function statusesOf({ answers }: Pick<History, 'answers'>): Map<string, number> {
  const counts = [...groupBy(answers, ({ status }) => (status === 0 ? 'broken' : String(status)))];
  return new Map(counts.map(([status, all]) => [status, all.length] as const).sort(([a], [b]) => (a < b ? -1 : 1)));
}
