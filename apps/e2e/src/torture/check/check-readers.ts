import type { Facts, TransactionRecord, Violation } from '../history.js';
import { difference, eventIdOf, groupBy, persisted, roomIdOf, type Check } from './violations.js';

const idsByRoom = (facts: Facts): Map<string, string[]> =>
  new Map([...groupBy(persisted(facts), roomIdOf)].map(([roomId, rows]) => [roomId, rows.map(eventIdOf)]));

const from = (ids: readonly string[], first: string | undefined): string[] => ids.slice(ids.indexOf(first ?? ''));

/** Who follows sync tokens has seen every event of its rooms from its first sync on, once, in the order of the log. */
export const checkFollowers: Check = ({ follows }, facts) => {
  const logged = idsByRoom(facts);
  return follows.flatMap(({ name, rooms }) =>
    Object.entries(rooms).flatMap(([roomId, seen]): Violation[] => {
      const problem = difference(seen, from(logged.get(roomId) ?? [], seen[0]));
      return problem === null ? [] : [{ rule: 'sync', text: `${name} in ${roomId}: ${problem}` }];
    }),
  );
};

/** /messages shows the room as the log has it. */
export const checkViews: Check = (_, facts) => {
  const logged = idsByRoom(facts);
  return facts.views.flatMap(({ userId, roomId, eventIds }): Violation[] => {
    const problem = difference(eventIds, logged.get(roomId) ?? []);
    return problem === null ? [] : [{ rule: 'messages', text: `${userId} in ${roomId}: ${problem}` }];
  });
};

/** The appservice was given every event, first in order; an id of a transaction always meant the same one. */
export const checkBridge: Check = ({ transactions }, facts) => [
  ...checkTransactionIds(transactions),
  ...checkDeliveries(transactions, facts),
];

function checkTransactionIds(transactions: readonly TransactionRecord[]): Violation[] {
  const found: Violation[] = [];
  for (const [txnId, copies] of groupBy(transactions, (one) => one.txnId)) {
    const other = copies.find(({ digest }) => digest !== copies[0]!.digest);
    if (other)
      found.push({ rule: 'appservice', text: `transaction ${txnId} came with other contents`, atMs: other.atMs });
  }
  const first = new Map<string, string>();
  for (const { txnId, events, atMs } of transactions) {
    for (const { eventId } of events) {
      const before = first.get(eventId) ?? txnId;
      if (before !== txnId) {
        found.push({ rule: 'appservice', text: `${eventId} came in ${before} and ${txnId}`, atMs });
      }
      first.set(eventId, before);
    }
  }
  return found;
}

function checkDeliveries(transactions: readonly TransactionRecord[], facts: Facts): Violation[] {
  const logged = idsByRoom(facts);
  const taken = new Set(
    transactions.filter(({ accepted }) => accepted).flatMap(({ events }) => events.map(({ eventId }) => eventId)),
  );
  const arrivals = groupBy(
    transactions.flatMap(({ events }) => events),
    ({ roomId }) => roomId,
  );
  return facts.bridged.flatMap(({ roomId, fromEventId }): Violation[] => {
    const expected = from(logged.get(roomId) ?? [], fromEventId);
    const first = [...new Set((arrivals.get(roomId) ?? []).map(({ eventId }) => eventId))];
    const wrong = (text: string): Violation[] => [{ rule: 'appservice', text: `${roomId}: ${text}` }];
    const problem = difference(from(first, fromEventId), expected);
    if (problem !== null) return wrong(problem);
    const refused = expected.find((eventId) => !taken.has(eventId));
    return refused === undefined ? [] : wrong(`it never took ${refused}, and it was not tried again`);
  });
}

/** A subscriber has every public decision of moderation, in order; except what was deleted before it could read it. */
export const checkPublished: Check = ({ published, wipes }, { logs }) => {
  const wrong = (text: string, atMs?: number): Violation => ({
    rule: 'public events',
    text,
    ...(atMs === undefined ? {} : { atMs }),
  });
  const first = new Map<number, (typeof published)[number]>();
  for (const event of published) if (!first.has(event.pos)) first.set(event.pos, event);
  const arrived = [...first.values()];
  const late = arrived.find(({ pos }, i) => i > 0 && pos < arrived[i - 1]!.pos);
  return [
    ...logs.moderation.rows
      .filter(({ pos }) => !first.has(pos) && !wipes.some(({ after, upTo }) => after < pos && pos <= upTo))
      .map(({ pos, type }) => wrong(`${type} at ${pos} never came`)),
    ...published
      .filter(({ pos, id }) => logs.moderation.rows[pos - 1]?.id !== id)
      .map(({ pos, id, atMs }) => wrong(`${id} came as ${pos}, where the log has another`, atMs)),
    ...(late ? [wrong(`${late.pos} came after a later one`, late.atMs)] : []),
  ];
};
