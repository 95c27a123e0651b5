import type { NamedAuthEvent } from './auth-events.js';
import { authEventKeys, checkAuthEvents, selectAuthEvents } from './auth-events.js';
import { eventIdOf } from './event-hash.js';
import type { JsonObject } from './json-values.js';
import { ROOM_VERSIONS } from './room-version.js';
import { ALICE, BOB, CAROL, TestRoom, VERSIONS, errcodeOf } from './test-room.fixture.js';

const member = (sender: string, content: JsonObject, target = sender) => ({
  type: 'm.room.member',
  sender,
  state_key: target,
  content,
});

describe.each(VERSIONS)('selection, version %s', (id) => {
  const version = ROOM_VERSIONS[id];
  const always = [...(id === '12' ? [] : ['m.room.create ']), 'm.room.power_levels ', `m.room.member ${ALICE}`];
  const keys = (event: Parameters<typeof authEventKeys>[0]) =>
    authEventKeys(event, version).map((pair) => pair.join(' '));

  it('a create event has none', () =>
    expect(keys({ type: 'm.room.create', sender: ALICE, state_key: '', content: {} })).toEqual([]));

  it('any event has power levels and its sender, below version 12 the create event', () =>
    expect(keys({ type: 'm.room.message', sender: ALICE, content: { membership: 'join' } })).toEqual(always));

  it('a join adds the join rules, once its own member event', () =>
    expect(keys(member(ALICE, { membership: 'join' }))).toEqual([...always, 'm.room.join_rules ']));

  it('a restricted join adds the one who stands in, only a join does', () => {
    const via = { join_authorised_via_users_server: CAROL };
    expect(keys(member(ALICE, { membership: 'join', ...via }))).toContain(`m.room.member ${CAROL}`);
    expect(keys(member(ALICE, { membership: 'leave', ...via }))).not.toContain(`m.room.member ${CAROL}`);
  });

  it('an invite adds the target, the join rules, and the third-party invite it names', () => {
    expect(keys(member(ALICE, { membership: 'invite' }, BOB))).toEqual([
      ...always,
      `m.room.member ${BOB}`,
      'm.room.join_rules ',
    ]);
    const named = { membership: 'invite', third_party_invite: { signed: { token: 't' } } };
    expect(keys(member(ALICE, named, BOB))).toContain('m.room.third_party_invite t');
  });

  it.each(['leave', 'ban'])('a %s adds the target alone', (membership) =>
    expect(keys(member(ALICE, { membership }, BOB))).toEqual([...always, `m.room.member ${BOB}`]),
  );

  it('leaves out what the room does not have', () => {
    const room = TestRoom.created(id);
    const found = selectAuthEvents(member(BOB, { membership: 'join' }), room.state, version);
    const types = ['m.room.create', 'm.room.power_levels', 'm.room.join_rules'].slice(id === '12' ? 1 : 0);
    expect(found.map(({ type }) => type)).toEqual(types);
  });

  describe('A2 the choice of others', () => {
    const room = TestRoom.created(id).joined(BOB);
    const { pdu: event } = room.draft(BOB, 'm.room.message', {});
    const named: NamedAuthEvent[] = selectAuthEvents(event, room.state, version).map((pdu) => ({
      eventId: eventIdOf(pdu, version),
      pdu,
      rejected: false,
    }));
    const check = (list: NamedAuthEvent[]) =>
      checkAuthEvents({ ...event, auth_events: list.map(({ eventId }) => eventId) }, list, version);
    const stray = (type: string) => {
      const pdu = room.state.get(type, '')!;
      return { eventId: eventIdOf(pdu, version), pdu, rejected: false };
    };

    it('passes when it is the selection, in any order or a part of it', () => {
      expect(() => check(named)).not.toThrow();
      expect(() => check(named.toReversed())).not.toThrow();
      expect(() => check(named.slice(0, -1))).not.toThrow();
    });

    it('may not go beyond the selection, nor repeat', () => {
      expect(errcodeOf(() => check([...named, stray('m.room.join_rules')]))).toBe('M_FORBIDDEN');
      expect(errcodeOf(() => check([...named, named[0]!]))).toBe('M_FORBIDDEN');
      expect(errcodeOf(() => check([...named, { ...named[0]!, eventId: '$other' }]))).toBe('M_FORBIDDEN');
    });

    it('may not name rejected, foreign or missing events', () => {
      const [first, ...rest] = named as [NamedAuthEvent, ...NamedAuthEvent[]];
      expect(errcodeOf(() => check([{ ...first, rejected: true }, ...rest]))).toBe('M_FORBIDDEN');
      expect(errcodeOf(() => check([{ ...first, pdu: { ...first.pdu, room_id: '!o:h' } }, ...rest]))).toBe(
        'M_FORBIDDEN',
      );
      expect(errcodeOf(() => checkAuthEvents(event, rest, version))).toBe('M_FORBIDDEN');
    });

    it('names the create event below version 12 and only there', () => {
      if (id === '12') expect(errcodeOf(() => check([...named, stray('m.room.create')]))).toBe('M_FORBIDDEN');
      else expect(errcodeOf(() => check(named.slice(1)))).toBe('M_FORBIDDEN');
    });
  });
});
