import type { Facts, History, LogFacts } from '../history.js';
import { check } from './check.js';
import { append, goodRun } from './good-run.fixture.js';

type Damage = (run: { history: History; facts: Facts }) => void;

/** What would have to happen to a system for this to be found; every check is among them. */
const DAMAGE: [what: string, check: RegExp, damage: Damage][] = [
  ['an event is gone', /without holes/, ({ facts }) => void facts.logs.rooms.rows.splice(4, 1)],
  ['the last event is gone', /without holes/, ({ facts }) => void facts.logs.rooms.rows.pop()],
  ['a position was given twice', /without holes/, ({ facts }) => (facts.logs.auth.rows[3]!.pos = 3)],
  ['a version of a stream was given twice', /without holes/, ({ facts }) => (facts.logs.rooms.rows[3]!.ver = 3)],
  [
    'an id was given twice',
    /without holes/,
    ({ facts }) => (facts.logs.auth.rows[1]!.id = facts.logs.auth.rows[0]!.id),
  ],
  ['an acknowledged message is gone without a trace', /there once/, ({ facts }) => removeRow(facts.logs.rooms, 4)],
  ['a message was stored twice', /there once/, ({ facts }) => repeatRow(facts.logs.rooms, 4)],
  [
    'a message was stored under another id',
    /there once/,
    ({ facts }) => (facts.logs.rooms.rows[4]!.data['eventId'] = '$x'),
  ],
  ['a repeated transaction was given another id', /there once/, ({ history }) => history.sends[3]!.eventIds.push('$x')],
  ['a message nobody sent', /there once/, ({ facts }) => store(facts, 'invented')],
  ['a message of a session that had ended', /there once/, ({ facts }) => store(facts, 'dead-2')],
  ['a message of a shadow-banned user', /there once/, ({ facts }) => store(facts, 'hidden')],
  [
    'a message of a user whose ban is lifted is gone',
    /there once/,
    ({ history }) => Object.assign(sendOf(history, 'hidden'), { startedMs: 750, endedMs: 760, ackedMs: 760 }),
  ],
  ['two messages changed places', /order of their/, ({ facts }) => swap(facts.logs.rooms, 4, 5)],
  ['a member left whom nobody told to', /members/, ({ facts }) => storeMove(facts, 'leave')],
  [
    'a join that was acknowledged is gone',
    /members/,
    ({ history }) => void history.moves.push({ ...history.moves[0]!, to: 'leave' }),
  ],
  ['an account is gone', /accounts and sessions/, ({ facts }) => removeRow(facts.logs.auth, 0)],
  ['an account was made twice', /accounts and sessions/, ({ facts }) => repeatRow(facts.logs.auth, 0)],
  ['a session is gone', /accounts and sessions/, ({ facts }) => removeRow(facts.logs.auth, 2)],
  ['a session that was ended has not', /accounts and sessions/, ({ facts }) => removeRow(facts.logs.auth, 5)],
  [
    'a session ended that nobody had ended',
    /accounts and sessions/,
    ({ history }) => Object.assign(history.tokens[2]!, { logoutStartedMs: null, deadMs: null }),
  ],
  ['a follower missed an event', /sync followers/, ({ history }) => void seenBy(history).splice(3, 1)],
  ['a follower missed the last event', /sync followers/, ({ history }) => void seenBy(history).pop()],
  [
    'a follower saw an event twice',
    /sync followers/,
    ({ history }) => void seenBy(history).splice(3, 0, seenBy(history)[3]!),
  ],
  [
    'a follower saw two events in another order',
    /sync followers/,
    ({ history }) => void seenBy(history).splice(3, 2, seenBy(history)[4]!, seenBy(history)[3]!),
  ],
  ['a follower saw what is not in the log', /sync followers/, ({ history }) => void seenBy(history).push('$x')],
  ['/messages leaves one out', /messages/, ({ facts }) => void facts.views[0]!.eventIds.splice(2, 1)],
  [
    'the appservice missed an event',
    /appservice/,
    ({ history }) =>
      history.transactions.forEach(({ events }) =>
        events.splice(
          events.findIndex(({ eventId }) => eventId === '$m-6'),
          1,
        ),
      ),
  ],
  [
    'the appservice never took a transaction',
    /appservice/,
    ({ history }) => history.transactions.forEach((one) => (one.accepted &&= one.txnId !== 't2')),
  ],
  [
    'a transaction id was used for other contents',
    /appservice/,
    ({ history }) => (history.transactions[1]!.digest = 'other'),
  ],
  [
    'an event came in two transactions',
    /appservice/,
    ({ history }) => void history.transactions.at(-1)!.events.push(history.transactions[0]!.events[0]!),
  ],
  ['transactions came in another order', /appservice/, ({ history }) => void history.transactions.reverse()],
  ['a public event never came', /public event/, ({ history }) => void history.published.pop()],
  ['public events came in another order', /public event/, ({ history }) => void history.published.reverse()],
  ['a public event that is not in the log', /public event/, ({ history }) => (history.published[0]!.id = 'x')],
  ['a dead token was served', /answers/, ({ history }) => (history.answers[4]!.status = 200)],
  ['a dead token was told more than that it is dead', /answers/, ({ history }) => (history.answers[4]!.status = 403)],
  [
    'a request of a token that died was answered long after',
    /answers/,
    ({ history }) => (history.answers[3]!.endedMs = 1_700),
  ],
  ['a living token was refused', /answers/, ({ history }) => (history.answers[0]!.status = 401)],
  ['a token was refused before it was ended', /answers/, ({ history }) => (history.answers[3]!.status = 401)],
  ['a client saw 500', /answers/, ({ history }) => (history.answers[0]!.status = 500)],
  ['a client saw 502', /answers/, ({ history }) => (history.answers[0]!.status = 502)],
  ['a client saw 503 and not when to come again', /answers/, ({ history }) => (history.answers[2]!.retryAfter = false)],
  ['a client was refused what it may do', /answers/, ({ history }) => (history.answers[0]!.status = 404)],
  [
    'a connection broke although no gateway had ended',
    /answers/,
    ({ history }) => (history.outages[0]!.instance = 'rooms-1'),
  ],
  ['a projection differs from a rebuild', /projections/, ({ facts }) => void facts.problems.push('rooms.read-model')],
  ['it did not come back', /recovered/, ({ history }) => void history.incidents.push({ text: 'no progress', atMs: 1 })],
];

describe('the checks of a run', () => {
  it('find nothing where nothing is wrong', () => {
    const { history, facts } = goodRun();
    expect([...check(history, facts).values()].flat()).toEqual([]);
  });

  it.each(DAMAGE)('notice when %s', (_, name, damage) => {
    const run = goodRun();
    damage(run);
    const found = [...check(run.history, run.facts)].filter(([, violations]) => violations.length > 0);
    expect(found.map(([what]) => what)).toContainEqual(expect.stringMatching(name));
  });

  it.each([
    [
      'a dead token that gets a 503',
      ({ history }) => Object.assign(history.answers[4]!, { status: 503, retryAfter: true }),
    ],
    [
      'a request that ended with its session',
      ({ history }) => Object.assign(history.answers[3]!, { endedMs: 590, status: 401 }),
    ],
    [
      'a message that was never acknowledged and is stored',
      ({ history }) => Object.assign(history.sends[8]!, { ackedMs: null, eventIds: [] }),
    ],
    [
      'a member who left by an attempt that got no answer',
      ({ history, facts }) => {
        history.moves.push({ ...history.moves[0]!, to: 'leave', ackedMs: null });
        storeMove(facts, 'leave');
      },
    ],
    [
      'a public event that was deleted before it could be read',
      ({ history }) => {
        history.published.shift();
        history.wipes.push({ after: 0, upTo: 1 });
      },
    ],
    [
      'a message sent while the ban of its sender was being lifted',
      ({ history, facts }) => {
        // The lift is asked for at 690 and answered at 700.
        Object.assign(sendOf(history, 'hidden'), { startedMs: 695, endedMs: 960, ackedMs: 960 });
        store(facts, 'hidden');
      },
    ],
  ] as [string, Damage][])('leave alone %s', (_, change) => {
    const run = goodRun();
    change(run);
    const { facts, history } = run;
    // Readers and versions are made to agree with what was stored: only the change itself is looked at.
    const ids = facts.logs.rooms.rows.map(({ data }) => data['eventId'] as string);
    history.follows[0]!.rooms['!room:localhost'] = ids.slice(1);
    facts.views[0]!.eventIds = ids;
    const last = history.transactions.at(-1)!.events;
    for (const eventId of ids.slice(10)) last.push({ roomId: '!room:localhost', eventId });
    expect([...check(history, facts).values()].flat()).toEqual([]);
  });
});

const seenBy = (history: History): string[] => history.follows[0]!.rooms['!room:localhost']!;
const sendOf = (history: History, key: string) => history.sends.find((sent) => sent.key === key)!;

function store(facts: Facts, key: string): void {
  append(facts.logs.rooms, '!room:localhost', 'event.persisted', {
    roomId: '!room:localhost',
    eventId: `$${key}`,
    membership: null,
    key,
  });
}

function storeMove(facts: Facts, next: string): void {
  const membership = { userId: '@alice:localhost', next };
  const data = { roomId: '!room:localhost', eventId: `$${next}`, membership, key: null };
  append(facts.logs.rooms, '!room:localhost', 'event.persisted', data);
}

/** As if it had never been: everything after it moves up. */
function removeRow(log: LogFacts, index: number): void {
  const [gone] = log.rows.splice(index, 1);
  log.head--;
  for (const row of log.rows.slice(index)) {
    row.pos--;
    if (row.stream === gone!.stream) row.ver--;
  }
}

function repeatRow(log: LogFacts, index: number): void {
  const { stream, type, data } = log.rows[index]!;
  append(log, stream, type, data);
}

function swap(log: LogFacts, one: number, other: number): void {
  const [a, b] = [log.rows[one]!, log.rows[other]!];
  [a.data, b.data] = [b.data, a.data];
}
