import { authorise } from './authorise.js';
import type { JsonObject } from './json-values.js';
import type { Pdu } from './pdu.js';
import { stateOf } from './room-state.js';
import { ALICE, BOB, CAROL, TestRoom, VERSIONS, errcodeOf } from './test-room.fixture.js';

const HIGHEST = Number.MAX_SAFE_INTEGER;
const ofBob = (level: number) => ({ [ALICE]: 100, [BOB]: level });

describe.each(VERSIONS)('A1 the create event, version %s', (id) => {
  const { version, log } = TestRoom.created(id);
  const create = log[0]!.pdu;
  const judge = (changes: Partial<Pdu>, content: JsonObject = {}) =>
    authorise({ ...create, ...changes, content: { ...create.content, ...content } }, stateOf([]), version);

  it('is allowed as the first event', () => expect(() => judge({})).not.toThrow());

  it('comes first, once, and names its version', () => {
    expect(errcodeOf(() => judge({ prev_events: ['$x'] }))).toBe('M_FORBIDDEN');
    expect(errcodeOf(() => judge({}, { room_version: 'x' }))).toBe('M_FORBIDDEN');
    expect(errcodeOf(() => authorise(create, stateOf([create]), version))).toBe('M_BAD_JSON');
  });

  it('stands in a room of its own', () => {
    const other = id === '12' ? { room_id: '!r:ganglion.test' } : { room_id: '!r:elsewhere' };
    expect(errcodeOf(() => judge(other))).toBe('M_FORBIDDEN');
  });

  it('names its creators as the version wants it', () => {
    const { creator: _creator, ...anonymous } = create.content;
    const withoutCreator = () => authorise({ ...create, content: anonymous }, stateOf([]), version);
    if (id === '10') expect(errcodeOf(withoutCreator)).toBe('M_FORBIDDEN');
    else expect(withoutCreator).not.toThrow();
    const badList = () => judge({}, { additional_creators: [1] });
    if (id === '12') expect(errcodeOf(badList)).toBe('M_FORBIDDEN');
    else expect(badList).not.toThrow();
  });
});

describe.each(VERSIONS)('A2 to A10, version %s', (id) => {
  it('A2 an event of another room, or of none, is denied', () => {
    const room = TestRoom.created(id);
    const { pdu } = room.draft(ALICE, 'm.room.message', {});
    for (const room_id of ['!other:ganglion.test', undefined]) {
      expect(errcodeOf(() => authorise({ ...pdu, room_id } as Pdu, room.state, room.version))).toBe('M_FORBIDDEN');
    }
    expect(errcodeOf(() => authorise(pdu, stateOf([]), room.version))).toBe('M_FORBIDDEN');
  });

  it('A3 a room that does not federate is for one server', () => {
    const body = { preset: 'public_chat', creation_content: { 'm.federate': false } };
    const room = TestRoom.created(id, body).joined(BOB);
    expect(errcodeOf(() => room.member('@x:elsewhere', 'join'))).toBe('M_FORBIDDEN');
    TestRoom.created(id).member('@x:elsewhere', 'join');
  });

  it('A5 CLI-050 whoever is not joined writes nothing', () => {
    const room = TestRoom.created(id);
    expect(errcodeOf(() => room.send(BOB, 'm.room.message', {}))).toBe('M_FORBIDDEN');
    room.member(ALICE, 'invite', BOB);
    expect(errcodeOf(() => room.send(BOB, 'm.room.message', {}))).toBe('M_FORBIDDEN');
    room.joined(BOB).send(BOB, 'm.room.message', {});
  });

  it('A6 third-party invites need the invite level, whatever their type needs', () => {
    const room = TestRoom.created(id).joined(BOB);
    expect(errcodeOf(() => room.send(BOB, 'm.room.third_party_invite', {}, 'token'))).toBe('M_FORBIDDEN');
    room.levels(ALICE, { invite: 0, events: { 'm.room.third_party_invite': 100 } });
    room.send(BOB, 'm.room.third_party_invite', {}, 'token');
  });

  it('A7 CLI-043 a type needs its level', () => {
    const room = TestRoom.created(id).joined(BOB);
    for (const type of ['m.room.name', 'm.room.power_levels', 'm.room.encryption', 'org.example.state']) {
      expect(errcodeOf(() => room.send(BOB, type, {}, ''))).toBe('M_FORBIDDEN');
    }
    room.levels(ALICE, { events_default: 5 });
    expect(errcodeOf(() => room.send(BOB, 'm.room.message', {}))).toBe('M_FORBIDDEN');
    room.levels(ALICE, { events: { 'm.room.message': 0 } });
    room.send(BOB, 'm.room.message', {});
  });

  it('A8 CLI-047 a state key with the name of another user is denied', () => {
    const room = TestRoom.created(id).joined(BOB);
    room.levels(ALICE, { state_default: 0 });
    for (const key of [CAROL, '@']) {
      expect(errcodeOf(() => room.send(BOB, 'org.example.state', {}, key))).toBe('M_FORBIDDEN');
    }
    room.send(BOB, 'org.example.state', {}, BOB);
    room.send(BOB, 'org.example.state', {}, 'x@');
  });

  it('A9 the first power levels need no comparison, but a right shape', () => {
    const bare = TestRoom.created(id);
    const [create, join] = bare.log.map(({ pdu }) => pdu) as [Pdu, Pdu];
    const before = stateOf([create, join]);
    const write = (content: JsonObject) =>
      authorise(bare.draft(ALICE, 'm.room.power_levels', content, '').pdu, before, bare.version);
    expect(() => write({ users: { [BOB]: 1000 }, ban: 1000 })).not.toThrow();
    expect(errcodeOf(() => write({ users: { nobody: 1 } }))).toBe('M_FORBIDDEN');
    expect(errcodeOf(() => write({ ban: '50' }))).toBe('M_FORBIDDEN');
  });

  it('A9 CLI-045 nobody below a creator raises above, or lowers an equal', () => {
    const room = TestRoom.created(id).joined(BOB, CAROL);
    const users = id === '12' ? {} : { [ALICE]: 100 };
    room.levels(ALICE, { users: { ...users, [BOB]: 50, [CAROL]: 50 }, events: { 'm.room.power_levels': 50 } });
    const changes = [{ [BOB]: 51, [CAROL]: 50 }, { [BOB]: 50, [CAROL]: 0 }, { [BOB]: 50 }, { [BOB]: 50, [CAROL]: 51 }];
    for (const change of changes) {
      expect(errcodeOf(() => room.levels(BOB, { users: { ...users, ...change } }))).toBe('M_FORBIDDEN');
    }
    room.levels(BOB, { users: { ...users, [BOB]: 49, [CAROL]: 50 } });
    room.levels(ALICE, { users: { ...users, [BOB]: 50, [CAROL]: 49 } });
    room.levels(BOB, { users: { ...users, [BOB]: 50, [CAROL]: 50 } });
    room.levels(ALICE, { users: { ...users, [BOB]: 50, [CAROL]: 49 } });
    room.levels(BOB, { users: { ...users, [BOB]: 50 } });
  });

  it.each(['users_default', 'events_default', 'state_default', 'ban', 'redact', 'kick', 'invite'])(
    'A9 %s moves only within the own level',
    (key) => {
      const room = TestRoom.created(id).joined(BOB);
      const users = id === '12' ? { [BOB]: 60 } : ofBob(60);
      room.levels(ALICE, { users, events: { 'm.room.power_levels': 50 }, [key]: 60 });
      expect(errcodeOf(() => room.levels(BOB, { [key]: 61 }))).toBe('M_FORBIDDEN');
      room.levels(BOB, { [key]: 50 });
      room.levels(ALICE, { [key]: 61, events: { 'm.room.power_levels': 50 } });
      expect(errcodeOf(() => room.levels(BOB, { [key]: 50 }))).toBe('M_FORBIDDEN');
      const { [key]: _removed, ...without } = room.state.get('m.room.power_levels', '')!.content;
      const { pdu } = room.draft(BOB, 'm.room.power_levels', without, '');
      expect(errcodeOf(() => authorise(pdu, room.state, room.version))).toBe('M_FORBIDDEN');
    },
  );

  it.each(['events', 'notifications'])('A9 entries of %s move only within the own level', (map) => {
    const room = TestRoom.created(id).joined(BOB);
    const needed = { 'm.room.power_levels': 50 };
    const base = map === 'events' ? needed : {};
    const users = id === '12' ? { [BOB]: 60 } : ofBob(60);
    room.levels(ALICE, { users, events: needed, [map]: { ...base, low: 60, high: 61 } });
    for (const change of [{ low: 60 }, { low: 60, high: 60 }, { low: 61, high: 61 }, { low: 60, high: 61, more: 61 }]) {
      expect(errcodeOf(() => room.levels(BOB, { [map]: { ...base, ...change } }))).toBe('M_FORBIDDEN');
    }
    room.levels(BOB, { [map]: { ...base, high: 61, more: 60 } });
  });
});

describe.each(['10', '11'] as const)('below version 12: %s', (id) => {
  it('CLI-045 the creator sets nobody above 100', () => {
    const room = TestRoom.created(id).joined(BOB);
    expect(errcodeOf(() => room.levels(ALICE, { users: ofBob(101) }))).toBe('M_FORBIDDEN');
    room.levels(ALICE, { users: ofBob(100) });
    expect(errcodeOf(() => room.levels(ALICE, { users: ofBob(99) }))).toBe('M_FORBIDDEN');
  });

  it('CLI-046 who gives away all power has none', () => {
    const room = TestRoom.created(id);
    room.send(ALICE, 'm.room.power_levels', { users: {} }, '');
    expect(errcodeOf(() => room.send(ALICE, 'm.room.power_levels', { users: {} }, ''))).toBe('M_FORBIDDEN');
  });
});

describe('version 12', () => {
  it('CLI-034 CLI-035 the creator outranks the highest level, and nobody outranks a creator', () => {
    const room = TestRoom.created('12').joined(BOB, CAROL);
    room.levels(ALICE, { users: { [BOB]: HIGHEST, [CAROL]: HIGHEST } });
    expect(errcodeOf(() => room.member(BOB, 'leave', ALICE))).toBe('M_FORBIDDEN');
    expect(errcodeOf(() => room.member(BOB, 'ban', ALICE))).toBe('M_FORBIDDEN');
    room.member(ALICE, 'leave', BOB);
    room.member(ALICE, 'ban', CAROL);
  });

  it('one creator cannot kick another', () => {
    const room = TestRoom.created('12', { preset: 'public_chat', creation_content: { additional_creators: [BOB] } });
    room.joined(BOB);
    expect(errcodeOf(() => room.member(ALICE, 'leave', BOB))).toBe('M_FORBIDDEN');
    expect(errcodeOf(() => room.member(BOB, 'ban', ALICE))).toBe('M_FORBIDDEN');
    room.send(BOB, 'm.room.tombstone', {}, '');
  });

  it('A9 CLI-036 power levels that name a creator are denied', () => {
    const room = TestRoom.created('12');
    expect(errcodeOf(() => room.levels(ALICE, { users: { [ALICE]: 100 } }))).toBe('M_FORBIDDEN');
  });
});
