import type { BanRecord, LogRow, SendRecord, Violation } from '../history.js';
import { eventIdOf, groupBy, persisted, roomIdOf, type Check } from './violations.js';

/**
 * Every acknowledged message and piece of state is in the log once, under the id that was acknowledged; what was not
 * acknowledged is there once or not at all; nothing is there that nobody sent. What a shadow-banned user sent is not.
 */
export const checkSends: Check = (history, facts) => {
  const stored = groupBy(persisted(facts).filter(keyOf), (row) => keyOf(row)!);
  const known = new Set(history.sends.map(({ key }) => key));
  const invented = [...stored.keys()].filter((key) => !known.has(key));
  const bans = groupBy(history.bans, ({ userId }) => userId);
  return [
    ...history.sends.flatMap((sent) => checkSend(sent, stored.get(sent.key) ?? [], bans.get(sent.userId) ?? [])),
    ...invented.map((key) => ({
      rule: key.startsWith('dead-') ? 'dead token' : 'writes',
      text: `stored, although ${key.startsWith('dead-') ? 'its session had ended' : 'nobody sent it'}: ${key}`,
    })),
  ];
};

/** What the load put into an event to know it again. */
function keyOf({ data }: LogRow): string | undefined {
  return (data['key'] as string | null | undefined) ?? undefined;
}

function checkSend(sent: SendRecord, rows: readonly LogRow[], bans: readonly BanRecord[]): Violation[] {
  const wrong = (rule: string, text: string): Violation[] => [
    { rule, text: `${text}: ${sent.kind} ${sent.key} in ${sent.roomId}`, atMs: sent.ackedMs ?? sent.endedMs },
  ];
  if (rows.length > 1) return wrong('writes', `stored ${rows.length} times`);
  const fate = fateOf(sent, bans);
  if (fate === 'hidden' && rows.length > 0) return wrong('shadow-ban', 'stored, although its sender was shadow-banned');
  // Between a ban and its answer both is right; then the ids may differ, too.
  if (fate !== 'shown' || sent.ackedMs === null) return [];
  if (sent.eventIds.length > 1) return wrong('transactions', `acknowledged with ${sent.eventIds.join(' and ')}`);
  const [row] = rows;
  if (!row) return wrong('writes', 'acknowledged and not stored');
  const isSame = eventIdOf(row) === sent.eventIds[0] && roomIdOf(row) === sent.roomId;
  return isSame ? [] : wrong('transactions', `acknowledged as ${sent.eventIds[0]}, stored as ${eventIdOf(row)}`);
}

/** Whether others may, must or must not see it, by what its sender's bans were from its first attempt to its last answer. */
function fateOf({ startedMs, endedMs }: SendRecord, bans: readonly BanRecord[]): 'shown' | 'hidden' | 'either' {
  const before = bans.filter((ban) => ban.startedMs <= endedMs).at(-1);
  if (!before) return 'shown';
  if (before.ackedMs === null || before.ackedMs > startedMs) return 'either';
  return before.to === 'banned' ? 'hidden' : 'shown';
}

/** In each room, what was acknowledged before something else was sent stands before it. */
export const checkOrder: Check = (history, facts) => {
  const sends = new Map(history.sends.map((sent) => [sent.key, sent]));
  return [...groupBy(persisted(facts).filter(keyOf), roomIdOf).values()].flatMap((rows) => orderIn(rows, sends));
};

function orderIn(rows: readonly LogRow[], sends: ReadonlyMap<string, SendRecord>): Violation[] {
  const found: Violation[] = [];
  let latest: SendRecord | null = null;
  for (const row of rows) {
    const sent = sends.get(keyOf(row)!);
    if (!sent) continue;
    if (latest && sent.ackedMs !== null && latest.startedMs > sent.ackedMs) {
      const text = `${latest.key} stands before ${sent.key}, which was acknowledged before it was sent`;
      found.push({ rule: 'order', text, atMs: sent.ackedMs });
    }
    if (!latest || sent.startedMs > latest.startedMs) latest = sent;
  }
  return found;
}

/** Members come and go as they were told, each step once. */
export const checkMoves: Check = (history, facts) => {
  const steps = groupBy(persisted(facts).filter(memberOf), (row) => `${roomIdOf(row)} ${memberOf(row)!.userId}`);
  return [...groupBy(history.moves, ({ roomId, userId }) => `${roomId} ${userId}`)].flatMap(([who, moves]) => {
    const stored = (steps.get(who) ?? []).map((row) => memberOf(row)!.next);
    const told = moves.filter(({ ackedMs }) => ackedMs !== null).map(({ to }) => to);
    // An attempt whose answer was lost may come to pass after all, once.
    const spare = moves.reduce((sum, { attempts, ackedMs }) => sum + attempts - (ackedMs === null ? 0 : 1), 0);
    const isRight = isWithin(told, stored) && stored.length - told.length <= spare;
    const text = `${who}: told ${told.join(' ')}, stored ${stored.join(' ')}`;
    return isRight ? [] : [{ rule: 'members', text: text.slice(0, 500) }];
  });
};

interface Member {
  userId: string;
  next: string;
}

const memberOf = ({ data }: LogRow): Member | undefined => (data['membership'] as Member | null) ?? undefined;

/** Whether all of `part` stand in `whole` in their order. */
function isWithin(part: readonly string[], whole: readonly string[]): boolean {
  let at = 0;
  for (const one of whole) if (one === part[at]) at++;
  return at === part.length;
}
