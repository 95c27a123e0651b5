import type { EventPersisted, Namespace } from '@ganglion/contracts';
import { interestedIn, isUnwantedEcho } from './interest.js';
import { InterestMatcher, type Rules } from './interest-matcher.js';
import { RoomInterest } from './room-interest.js';

const entries = (...regexes: string[]): Namespace[] => regexes.map((regex) => ({ regex, exclusive: true }));
const appservice = (asId: string, namespaces: Partial<Rules['namespaces']>, sender = `@${asId}bot:hs.test`): Rules => ({
  asId,
  sender,
  namespaces: { users: [], aliases: [], rooms: [], ...namespaces },
  suppressEcho: false,
});
const irc = appservice('irc', { users: entries('@_irc_.*'), aliases: entries('#_irc_.*') });
const log = appservice('log', { users: entries('.*') });

const event = (changes: object, roomId = '!r:hs.test') =>
  ({
    roomId,
    asId: null,
    pdu: { type: 'm.room.message', sender: '@alice:remote', content: {}, ...changes },
  }) as unknown as EventPersisted['data'];
const interested = (changes: object, rules: Rules[], room = new RoomInterest(), roomId?: string) => [
  ...interestedIn(event(changes, roomId), new InterestMatcher(rules, 'hs.test'), room),
];

describe('interest', () => {
  it('AS-031 goes by the sender', () => {
    expect(interested({ sender: '@_irc_foobar:hs.test' }, [irc])).toEqual(['irc']);
    expect(interested({ sender: '@someone_else:hs.test' }, [irc])).toEqual([]);
  });

  it('AS-032 goes by the subject of a membership, and of nothing else', () => {
    const about = { sender: '@someone_else:hs.test', state_key: '@_irc_foobar:hs.test' };
    expect(interested({ ...about, type: 'm.room.member' }, [irc])).toEqual(['irc']);
    expect(interested({ ...about, type: 'm.room.other' }, [irc])).toEqual([]);
  });

  it('AS-033 goes by the room id', () => {
    const rooms = appservice('x', { rooms: entries('!some_prefix.*some_suffix:hs.test') });
    const of = (roomId: string) => interested({}, [rooms], new RoomInterest(), roomId);
    expect(of('!some_prefixs0m3some_suffix:hs.test')).toEqual(['x']);
    expect(of('!XqBun:hs.test')).toEqual([]);
  });

  it('AS-034 AS-038 goes by aliases and members that the room has then', () => {
    const room = new RoomInterest();
    room.add('aliases', ['irc']);
    expect(interested({}, [irc], room)).toEqual(['irc']);
    room.remove('aliases', ['irc']);
    expect(interested({}, [irc], room)).toEqual([]);
    room.add('members', ['irc']);
    expect(interested({}, [irc], room)).toEqual(['irc']);
  });

  it('AS-036 tells an appservice once, however many reasons there are', () => {
    const room = new RoomInterest([['irc', { aliases: 2, members: 3 }]]);
    expect(interested({ sender: '@_irc_a:hs.test' }, [irc], room)).toEqual(['irc']);
  });

  it('AS-037 holds the appservice’s own sender for its user', () => {
    const invite = { type: 'm.room.member', state_key: '@ircbot:hs.test', sender: '@alice:remote' };
    expect(interested(invite, [irc])).toEqual(['irc']);
  });

  it('AS-040 AS-041 never takes a remote user for one of a namespace', () => {
    const remote = appservice('x', { users: entries('@remote_as_user:remote', '@_irc_.*') });
    expect(interested({ sender: '@remote_as_user:remote' }, [remote])).toEqual([]);
    expect(interested({ sender: '@_irc_x:remote' }, [remote, irc])).toEqual([]);
    expect(interested({ sender: '@_irc_x:hs.test.evil' }, [irc])).toEqual([]);
  });

  it('AS-042 takes every local user where the pattern is .*', () => {
    expect(interested({ sender: '@alice:hs.test' }, [irc, log])).toEqual(['log']);
  });

  it('AS-085 keeps the echo from an appservice that does not want it, memberships apart', () => {
    const unwanted = (type: string, sentBy: string, suppressEcho = true) =>
      isUnwantedEcho(
        { ...event({ type }), asId: sentBy },
        'irc',
        new InterestMatcher([{ ...irc, suppressEcho }], 'hs.test'),
      );
    expect(unwanted('m.room.message', 'irc')).toBe(true);
    expect(unwanted('m.room.message', 'log')).toBe(false);
    expect(unwanted('m.room.member', 'irc')).toBe(false);
    expect(unwanted('m.room.message', 'irc', false)).toBe(false);
  });
});

describe('the matcher of all namespaces', () => {
  it('answers in load order', () => {
    const rules = ['c', 'a', 'b'].map((asId) => appservice(asId, { users: entries('@_.*') }));
    expect(new InterestMatcher(rules, 'hs.test').users('@_x:hs.test')).toEqual(['c', 'a', 'b']);
  });

  it('holds ids longer than 255 bytes for nobody’s', () => {
    const matcher = new InterestMatcher([irc], 'hs.test');
    expect(matcher.aliases(`#_irc_${'é'.repeat(121)}:hs.test`)).toEqual([]);
    expect(matcher.aliases(`#_irc_${'e'.repeat(120)}:hs.test`)).toEqual(['irc']);
  });

  it('runs no pattern of an appservice whose prefix does not fit', () => {
    const many = Array.from({ length: 1_000 }, (_, i) => appservice(`as${i}`, { users: entries(`@_as${i}_(a+)+b`) }));
    const few = new InterestMatcher(many.slice(0, 10), 'hs.test');
    const all = new InterestMatcher(many, 'hs.test');
    const cost = (matcher: InterestMatcher, salt: string) => {
      const startedMs = performance.now();
      for (let i = 0; i < 20_000; i++) matcher.users(`@person_${salt}${i}:hs.test`);
      return performance.now() - startedMs;
    };
    cost(few, 'warm');
    cost(all, 'warm');
    const ratios = [0, 1, 2, 3, 4]
      .map((round) => cost(all, `all${round}`) / cost(few, `few${round}`))
      .sort((a, b) => a - b);
    // A hundred times as many appservices; the best rounds are those the machine did not disturb.
    expect(ratios[0]).toBeLessThan(3);
  });
});

describe('the counters of a room', () => {
  it('tell what changed since they were written, gone ones as null', () => {
    const room = new RoomInterest([['irc', { aliases: 0, members: 1 }]]);
    room.add('members', ['irc', 'log']);
    expect(room.takeChanges()).toEqual([
      ['irc', { aliases: 0, members: 2 }],
      ['log', { aliases: 0, members: 1 }],
    ]);
    room.remove('members', ['log']);
    expect(room.takeChanges()).toEqual([['log', null]]);
    expect(room.takeChanges()).toEqual([]);
    expect([...room.interested()]).toEqual(['irc']);
  });

  it('never go below nothing', () => {
    expect(() => new RoomInterest().remove('members', ['irc'])).toThrow(/fewer than no members/);
  });
});
