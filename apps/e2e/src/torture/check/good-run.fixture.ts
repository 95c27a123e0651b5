import { createHash } from 'node:crypto';
import { LOG_SERVICES, type LogService } from '@ganglion/contracts';
import { History, type Facts, type LogFacts, type SendRecord } from '../history.js';

const ROOM = '!room:localhost';
const ALICE = '@alice:localhost';
const TROLL = '@troll:localhost';

/** A small run in which nothing went wrong, to be damaged. Times are round: a message every 100 ms, acknowledged after 10. */
export function goodRun(): { history: History; facts: Facts } {
  const history = new History();
  const logs = emptyLogs();
  people(history, logs.auth);
  const ids = messages(history, logs.rooms);
  bans(history, logs.moderation);
  answers(history);
  history.follows.push({
    name: 'the sync of alice',
    userId: ALICE,
    rooms: { [ROOM]: ids.slice(1) },
    syncs: 5,
    gaps: 0,
  });
  deliveries(history, ids);
  history.faults.push(fault(1, 'kill', 'gateway-1', 450), fault(2, 'kill-nats', 'nats', 800));
  history.outages.push({ instance: 'gateway-1', fromMs: 450, toMs: 900 });
  const views = [{ userId: ALICE, roomId: ROOM, eventIds: [...ids] }];
  return { history, facts: { logs, views, bridged: [{ roomId: ROOM, fromEventId: ids[0]! }], problems: [] } };
}

const fault = (n: number, kind: string, target: string, atMs: number) => ({
  n,
  kind,
  target,
  atMs,
  durationMs: null,
  together: false,
});

function emptyLogs(): Facts['logs'] {
  return Object.fromEntries(LOG_SERVICES.map((name) => [name, { head: 0, rows: [] }])) as unknown as Record<
    LogService,
    LogFacts
  >;
}

export function append(log: LogFacts, stream: string, type: string, data: Record<string, unknown>): void {
  const ver = log.rows.filter((row) => row.stream === stream).length + 1;
  log.rows.push({ pos: ++log.head, stream, ver, type, id: `${type}-${log.head}`, data });
}

function people(history: History, log: LogFacts): void {
  for (const userId of [ALICE, TROLL]) {
    history.accounts.push({ userId, ackedMs: 5 });
    append(log, userId, 'account.registered', { userId });
  }
  // Alice, the troll, and a session that ends at 600.
  for (const [value, userId] of [
    ['a', ALICE],
    ['b', TROLL],
    ['c', ALICE],
  ] as const) {
    history.issue(value, userId, 10);
    append(log, userId, 'token.issued', { tokenHash: sha256(value) });
  }
  Object.assign(history.tokens[2]!, { logoutStartedMs: 580, deadMs: 600 });
  append(log, ALICE, 'token.revoked', { tokenHash: sha256('c') });
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Alice's at 100, 200, …; one of the troll, who is banned, at 350. @returns ids of the room's events in order */
function messages(history: History, log: LogFacts): string[] {
  const stored = ['$joined'];
  const membership = { userId: ALICE, next: 'join' };
  append(log, ROOM, 'event.persisted', { roomId: ROOM, eventId: '$joined', membership, key: null });
  history.moves.push({ roomId: ROOM, userId: ALICE, to: 'join', attempts: 1, ackedMs: 50 });
  for (let n = 1; n <= 9; n++) {
    history.sends.push(sent(`m-${n}`, ALICE, 0, n * 100));
    append(log, ROOM, 'event.persisted', { roomId: ROOM, eventId: `$m-${n}`, membership: null, key: `m-${n}` });
    stored.push(`$m-${n}`);
  }
  history.sends.push(sent('hidden', TROLL, 1, 350));
  return stored;
}

function sent(key: string, userId: string, token: number, atMs: number): SendRecord {
  const times = { startedMs: atMs, endedMs: atMs + 10, ackedMs: atMs + 10 };
  return {
    kind: 'message',
    roomId: ROOM,
    userId,
    token,
    key,
    ...times,
    attempts: 1,
    attemptsNeeded: 1,
    eventIds: [`$${key}`],
  };
}

/** From 310 to 700. */
function bans(history: History, log: LogFacts): void {
  history.bans.push({ userId: TROLL, to: 'banned', startedMs: 300, attempts: 1, ackedMs: 310 });
  history.bans.push({ userId: TROLL, to: 'free', startedMs: 690, attempts: 1, ackedMs: 700 });
  for (const type of ['user.shadow_banned', 'user.shadow_ban_lifted']) append(log, TROLL, type, {});
  for (const { pos, id, type } of log.rows) history.published.push({ pos, id, type, atMs: 0 });
}

function answers(history: History): void {
  const answer = { op: 'whoami', errcode: null, retryAfter: false, allowed: [] };
  history.answers.push(
    { ...answer, token: 0, startedMs: 100, endedMs: 110, status: 200 },
    { ...answer, token: 0, startedMs: 440, endedMs: 460, status: 0, errcode: 'ECONNRESET' },
    { ...answer, token: 0, startedMs: 500, endedMs: 510, status: 503, retryAfter: true },
    { ...answer, token: 2, startedMs: 570, endedMs: 575, status: 200 },
    { ...answer, token: 2, startedMs: 610, endedMs: 620, status: 401, errcode: 'M_UNKNOWN_TOKEN' },
  );
}

/** Two events a transaction; the second one twice, because its first answer was lost. */
function deliveries(history: History, ids: readonly string[]): void {
  for (let n = 0; n < ids.length; n += 2) {
    const events = ids.slice(n, n + 2).map((eventId) => ({ roomId: ROOM, eventId }));
    const transaction = { txnId: `t${n}`, digest: `d${n}`, atMs: n * 100, events };
    if (n === 2) history.transactions.push({ ...transaction, accepted: false });
    history.transactions.push({ ...transaction, accepted: true });
  }
}
