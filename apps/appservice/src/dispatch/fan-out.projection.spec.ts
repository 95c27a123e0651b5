import fc from 'fast-check';
import type { Namespace, StoredEvent } from '@ganglion/contracts';
import { InterestMatcher, type Rules } from '../interest/interest-matcher.js';
import { appserviceDatabase, type TestDatabase } from '../testing/database.fixture.js';
import { alias, ALICE, GHOST, member, message, persisted, ROOM, RoomsLog } from '../testing/rooms-events.fixture.js';
import { FanOut } from './fan-out.projection.js';

const IRC: Rules = {
  asId: 'irc',
  sender: '@ircbot:hs.test',
  namespaces: { users: ns('@_irc_.*'), aliases: ns('#_irc_.*'), rooms: [] },
  suppressEcho: false,
};
const OTHER: Rules = {
  ...IRC,
  asId: 'other',
  sender: '@other:hs.test',
  namespaces: { users: [], aliases: [], rooms: [] },
};

function ns(regex: string): Namespace[] {
  return [{ regex, exclusive: true }];
}

describe('the fan-out', () => {
  let db: TestDatabase;
  let log: RoomsLog;
  let fanOut: FanOut;
  let woken: (string[] | null)[];
  let logs = 0;

  beforeAll(async () => (db = await appserviceDatabase()));
  afterAll(() => db.drop());

  beforeEach(async () => {
    await db.pool.query('truncate interest_rules, local_member, room_alias, room_interest, route, cursor');
    await db.pool.query('update fan_out set version = version + 1, last_at_ms = null');
    log = new RoomsLog(`log${++logs}`);
    fanOut = makeFanOut();
    await fanOut.reset(log.logId);
  });

  const makeFanOut = () => {
    woken = [];
    return new FanOut(db.pool, {
      serverName: 'hs.test',
      onRouted: (asIds) => woken.push(asIds && [...asIds]),
      onExamined: () => undefined,
    });
  };
  /** @param fromPos  rules hold for events after it; null: by time */
  const addRules = async (rules: Rules, fromPos: number | null = 0, fromMs = 0) => {
    await db.pool.query('update fan_out set version = version + 1');
    await db.pool.query(
      'insert into interest_rules (as_id, rules, from_log_id, from_pos, from_ms) values ($1, $2, $3, $4, $5)',
      [rules.asId, JSON.stringify(rules), fromPos === null ? null : log.logId, fromPos, fromMs],
    );
  };
  const feed = (...events: Parameters<RoomsLog['append']>) => fanOut.apply(log.append(...events));
  const routed = async (asId = 'irc'): Promise<string[]> => {
    const { rows } = await db.pool.query('select event from route where as_id = $1 order by ordinal', [asId]);
    return rows.map(({ event }) => {
      const { content, type } = JSON.parse(event) as { type: string; content: Record<string, string> };
      return content['body'] ?? content['membership'] ?? type;
    });
  };

  it('AS-070 AS-079 routes to the appservice that is interested, to nobody else, and wakes no other', async () => {
    await addRules(OTHER);
    await addRules(IRC);
    await feed(message('by alice'), message('by the ghost', GHOST));
    expect([await routed(), await routed('other')]).toEqual([['by the ghost'], []]);
    expect(woken).toEqual([['irc']]);
    await feed(message('by alice'));
    expect(woken.at(-1)).toEqual([]);
  });

  it('keeps what the lane needs of an event, in the order of the log', async () => {
    await addRules(IRC);
    const events = [message('1', GHOST), message('2', GHOST, '!other:hs.test'), message('3', GHOST)];
    await feed(...events);
    const { rows } = await db.pool.query('select * from route order by ordinal');
    expect(
      rows.map(({ log_id, pos, event_id, room_id, received_ts }) => [log_id, pos, event_id, room_id, received_ts]),
    ).toEqual(
      events.map(({ data }, i) => [log.logId, String(i + 1), data.eventId, data.roomId, String(data.receivedTs)]),
    );
    expect(JSON.parse(rows[0].event)).toMatchObject({
      event_id: events[0]!.data.eventId,
      room_id: ROOM,
      sender: GHOST,
    });
  });

  it('AS-080 gives the messages between join and leave of a ghost, however late they are judged', async () => {
    await addRules(IRC);
    await feed(
      message('before'),
      member(GHOST, null, 'join'),
      message('during'),
      member(GHOST, 'join', 'leave'),
      message('after'),
    );
    expect(await routed()).toEqual(['join', 'during', 'leave']);
  });

  it('AS-081 AS-082 gives a bot its invite and its join and what follows, nothing of what was before', async () => {
    await addRules(IRC);
    const bot = IRC.sender;
    const invite = persisted(
      { type: 'm.room.member', sender: ALICE, state_key: bot, content: { membership: 'invite' } },
      { membership: { userId: bot, prev: null, next: 'invite', local: true } },
    );
    await feed(message('1'), message('2'), invite, message('3'), member(bot, 'invite', 'join'), message('4'));
    expect(await routed()).toEqual(['invite', 'join', '4']);
  });

  it('AS-034 AS-035 goes by the aliases a room has then', async () => {
    await addRules(IRC);
    await feed(alias('#xmpp_x:hs.test', ROOM), message('1'), alias('#_irc_x:hs.test', ROOM), message('2'));
    await feed(alias('#_irc_x:hs.test', '!elsewhere:hs.test'), message('3'), message('4', ALICE, '!elsewhere:hs.test'));
    await feed(alias('#_irc_x:hs.test', null), message('5', ALICE, '!elsewhere:hs.test'));
    expect(await routed()).toEqual(['2', '4']);
  });

  it('AS-085 keeps the echo from who does not want it', async () => {
    await addRules({ ...IRC, suppressEcho: true });
    const own = { ...member(GHOST, null, 'join') };
    await feed({ ...own, data: { ...own.data, asId: 'irc' } }, message('echo', GHOST, ROOM, 'irc'), message('theirs'));
    expect(await routed()).toEqual(['join', 'theirs']);
  });

  it('counts a member whose profile changes once, and a remote one never', async () => {
    await addRules(IRC);
    await feed(
      member(GHOST, null, 'join'),
      member(GHOST, 'join', 'join'),
      member('@_irc_x:remote', null, 'join'),
      member(GHOST, 'join', 'ban'),
      message('after'),
    );
    expect(await routed()).not.toContain('after');
    expect((await db.pool.query('select * from room_interest')).rows).toEqual([]);
  });

  it('AS-020 serves a new appservice from its registration on, with the rooms its users are in already', async () => {
    await feed(member(GHOST, null, 'join'), message('old'), alias('#_irc_a:hs.test', '!aliased:hs.test'));
    await addRules(IRC, 4);
    await feed(message('4'), message('5'), message('6', ALICE, '!aliased:hs.test'));
    expect(await routed()).toEqual(['5', '6']);
  });

  it('AS-020 goes by time when nobody knew the position', async () => {
    await addRules(IRC, null, 1_003);
    await feed(message('2', GHOST), message('3', GHOST), message('4', GHOST));
    expect(await routed()).toEqual(['4']);
  });

  it('AS-086 judges each event by the namespaces that held then, also within one batch', async () => {
    await addRules(IRC);
    await feed(member(GHOST, null, 'join'), member('@_xmpp_x:hs.test', null, 'join', '!xmpp:hs.test'));
    await addRules({ ...IRC, namespaces: { users: ns('@_xmpp_.*'), aliases: [], rooms: [] } }, 4);
    const [first, second] = ['!room:hs.test', '!xmpp:hs.test'];
    await feed(
      message('old rules', ALICE, first),
      message('old rules, other room', ALICE, second),
      message('new rules', ALICE, first),
      message('new rules, other room', ALICE, second),
    );
    expect(await routed()).toEqual(['join', 'old rules', 'new rules, other room']);
    expect((await db.pool.query('select active from interest_rules')).rows).toEqual([{ active: true }]);
  });

  it('AS-077 routes each event once when the process dies before the commit', async () => {
    await addRules(IRC);
    await feed(member(GHOST, null, 'join'));
    const batch = log.append(member(ALICE, null, 'join'), message('1'), member(GHOST, 'join', 'leave'), message('2'));
    await db.pool.query('alter table route add constraint not_now check (ordinal < 0) not valid');
    await expect(fanOut.apply(batch)).rejects.toThrow(/not_now/);
    await db.pool.query('alter table route drop constraint not_now');
    expect(await fanOut.position()).toEqual({ logId: log.logId, pos: 1 });
    await fanOut.apply(batch);
    expect(await routed()).toEqual(['join', 'join', '1', 'leave']);
  });

  it('AS-088 never moves back: what was applied is not applied again', async () => {
    await addRules(IRC);
    const batch = log.append(message('1', GHOST), message('2', GHOST));
    await fanOut.apply(batch);
    await fanOut.apply(batch);
    await fanOut.apply(batch.slice(0, 1));
    expect(await routed()).toEqual(['1', '2']);
    expect(await fanOut.position()).toEqual({ logId: log.logId, pos: 2 });
    expect(woken.at(-1)).toBeNull();
  });

  it('shares its work with another instance: each event once, each with the state of its position', async () => {
    await addRules(IRC);
    const other = makeFanOut();
    const [join, during, leave, after] = log.append(
      member(GHOST, null, 'join'),
      message('during'),
      member(GHOST, 'join', 'leave'),
      message('after'),
    ) as [StoredEvent, StoredEvent, StoredEvent, StoredEvent];
    await fanOut.apply([join]);
    await other.apply([join, during]);
    await fanOut.apply([during, leave]);
    await other.apply([leave, after]);
    await fanOut.apply([after]);
    expect(await routed()).toEqual(['join', 'during', 'leave']);
  });

  it('refuses a batch that leaves something out', async () => {
    const [, second] = log.append(message('1'), message('2'));
    await expect(fanOut.apply([second!])).rejects.toThrow(/stands at/);
  });

  it('knows of rules that were removed meanwhile', async () => {
    await addRules(IRC);
    await feed(message('1', GHOST));
    await db.pool.query('update fan_out set version = version + 1');
    await db.pool.query('delete from interest_rules');
    await feed(message('2', GHOST));
    expect(await routed()).toEqual(['1']);
  });

  it('of another log routes only what is newer than what it has seen, on an index made anew', async () => {
    await addRules(IRC);
    await feed(member(GHOST, null, 'join'), message('2'), message('3'));
    // A backup that lacks the third event, and goes on.
    log = new RoomsLog('restored');
    await fanOut.reset(log.logId);
    await feed(member(GHOST, null, 'join'), message('2'));
    await feed(member(ALICE, null, 'join', '!x:hs.test'), message('new'));
    expect(await routed()).toEqual(['join', '2', '3', 'new']);
  });

  it('of another log holds rules back that wait for a position in it', async () => {
    log = new RoomsLog('next');
    await addRules(IRC, 2);
    await fanOut.reset(log.logId);
    await feed(message('1', GHOST), message('2', GHOST), message('3', GHOST));
    expect(await routed()).toEqual(['3']);
  });

  it('D-2 moves over events that interest nobody', async () => {
    await feed(...Array.from({ length: 100 }, () => message('x')));
    expect(await fanOut.position()).toEqual({ logId: log.logId, pos: 100 });
  });

  it('always has the counters that a count from scratch gives', async () => {
    await addRules(IRC);
    const rooms = ['!a:hs.test', '!b:hs.test'];
    const users = [GHOST, '@_irc_c:hs.test', ALICE, IRC.sender];
    const joined = new Set<string>();
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('member' as const),
        user: fc.constantFrom(...users),
        room: fc.constantFrom(...rooms),
      }),
      fc.record({
        kind: fc.constant('alias' as const),
        name: fc.constantFrom('#_irc_1:hs.test', '#_irc_2:hs.test', '#x:hs.test'),
        room: fc.constantFrom(...rooms, null),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 20 }), async (steps) => {
        const events = steps.map((one) => {
          if (one.kind === 'alias') return alias(one.name, one.room);
          const key = `${one.room} ${one.user}`;
          const was = joined.delete(key);
          if (!was) joined.add(key);
          return member(one.user, was ? 'join' : 'leave', was ? 'leave' : 'join', one.room);
        });
        await feed(...events);
        expect(await counters()).toEqual(await recounted());
      }),
      { numRuns: 25 },
    );
  });

  const counters = async () => {
    const { rows } = await db.pool.query('select room_id, aliases, members from room_interest order by room_id');
    return rows;
  };
  const recounted = async () => {
    const matcher = new InterestMatcher([IRC], 'hs.test');
    const counted = new Map<string, { aliases: number; members: number }>();
    const count = (roomId: string, kind: 'aliases' | 'members', matches: boolean) => {
      if (!matches) return;
      const of = counted.get(roomId) ?? { aliases: 0, members: 0 };
      of[kind]++;
      counted.set(roomId, of);
    };
    for (const { room_id, user_id } of (await db.pool.query('select * from local_member')).rows) {
      count(room_id, 'members', matcher.users(user_id).length > 0);
    }
    for (const { room_id, alias: name } of (await db.pool.query('select * from room_alias')).rows) {
      count(room_id, 'aliases', matcher.aliases(name).length > 0);
    }
    return [...counted].map(([room_id, of]) => ({ room_id, ...of })).sort((a, b) => (a.room_id < b.room_id ? -1 : 1));
  };
});
