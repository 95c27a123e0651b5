import { decideInvite } from './invite/invite.js';
import { decideJoin, roomsToAskAbout } from './join/join.js';
import { decideLeave } from './leave/leave.js';
import { memberContent, withoutWords } from './membership-content.js';
import { newRoom } from './room.fixture.js';
import { decideSendState, underShadowBan } from './send-state/send-state.js';

const BOB = '@bob:x';
const code = (expected: string) => expect.objectContaining({ code: expected });

describe.each(['11', '12'])('membership in a room of version %s', (version) => {
  const open = newRoom(version, { preset: 'public_chat' });
  const closed = newRoom(version);
  const { alice, origin } = open;
  const joining = {
    sender: BOB,
    isGuest: false,
    given: {},
    profile: { displayname: 'Bob' },
    joinedRooms: new Set<string>(),
  };
  const invitation = (from: typeof open) => ({ roomId: from.roomId, sender: alice, subject: BOB, profile: {} });
  const bobIn = open.member(open.room, BOB, 'join');
  const invited = closed.member(closed.room, BOB, 'invite', alice);

  it('begins with a join that carries the profile and says what changed', () => {
    const { events } = decideJoin(open.room, { ...joining, roomId: open.roomId }, origin);
    expect(events[0]!.data).toMatchObject({
      pdu: { state_key: BOB, content: { membership: 'join', displayname: 'Bob' } },
      membership: { userId: BOB, prev: null, next: 'join', local: true },
    });
  });

  it('decides nothing for somebody who is in', () => {
    const { eventId } = bobIn.state.entry('m.room.member', BOB)!;
    expect(decideJoin(bobIn, { ...joining, roomId: open.roomId }, origin)).toEqual({ events: [], existing: eventId });
  });

  it('refuses the uninvited, unknown rooms, and guests where they are not welcome', () => {
    const join = { ...joining, roomId: closed.roomId };
    expect(() => decideJoin(closed.room, join, origin)).toThrow(code('EVENT_DENIED'));
    const unknown = { version: null, state: closed.room.state, head: null, index: 0 };
    expect(() => decideJoin(unknown, join, origin)).toThrow(code('ROOM_UNKNOWN'));
    const guest = { ...joining, roomId: open.roomId, isGuest: true };
    expect(() => decideJoin(open.room, guest, origin)).toThrow(code('GUESTS_FORBIDDEN'));
  });

  it('asks about other rooms only where they matter', () => {
    const allow = [{ type: 'm.room_membership', room_id: '!space:x' }];
    const restricted = closed.setState(closed.room, 'm.room.join_rules', { join_rule: 'restricted', allow });
    expect(roomsToAskAbout(restricted, BOB)).toEqual(['!space:x']);
    expect(roomsToAskAbout(open.room, BOB)).toEqual([]);
    expect(roomsToAskAbout(closed.member(restricted, BOB, 'invite', alice), BOB)).toEqual([]);
    const join = { ...joining, roomId: closed.roomId };
    expect(() => decideJoin(restricted, join, origin)).toThrow(code('NOT_LET_IN'));
    const { events } = decideJoin(restricted, { ...join, joinedRooms: new Set(['!space:x']) }, origin);
    expect(events[0]!.data.pdu.content).toMatchObject({ join_authorised_via_users_server: alice });
  });

  it('shows the invited what is to be seen of the room', () => {
    const { events } = decideInvite(closed.room, invitation(closed), origin);
    const shown = events[0]!.data.pdu.unsigned!['invite_room_state'] as { type: string; state_key: string }[];
    expect(shown.map(({ type, state_key }) => [type, state_key])).toEqual([
      ['m.room.create', ''],
      ['m.room.join_rules', ''],
      ['m.room.member', alice],
    ]);
  });

  it('repeats no equal invite', () => {
    const first = decideInvite(closed.room, invitation(closed), origin).events[0]!;
    expect(decideInvite(invited, invitation(closed), origin)).toEqual({
      events: [],
      existing: invited.state.entry('m.room.member', BOB)!.eventId,
    });
    expect(first.data.pdu.content).toEqual({ membership: 'invite' });
  });

  it('tells strangers nothing about whom they would invite', () => {
    const byStranger = { ...invitation(open), sender: '@eve:x', subject: BOB };
    expect(() => decideInvite(bobIn, byStranger, origin)).toThrow(code('EVENT_DENIED'));
    const banned = open.member(open.room, BOB, 'ban', alice);
    expect(() => decideInvite(banned, byStranger, origin)).toThrow(code('EVENT_DENIED'));
    expect(() => decideInvite(banned, invitation(open), origin)).toThrow(code('TARGET_BANNED'));
  });

  it('ends once', () => {
    const leave = { roomId: open.roomId, sender: BOB, reason: 'bored' };
    expect(decideLeave(bobIn, leave, origin).events[0]!.data.pdu.content).toEqual({
      membership: 'leave',
      reason: 'bored',
    });
    expect(() => decideLeave(open.room, leave, origin)).toThrow(code('EVENT_DENIED'));
    expect(() => decideLeave(open.member(bobIn, BOB, 'leave'), leave, origin)).toThrow(code('EVENT_DENIED'));
  });

  describe('under a shadow-ban', () => {
    const state = (stateKey: string, membership: string) => ({
      type: 'm.room.member',
      stateKey,
      sender: BOB,
      content: { membership, reason: 'psst' },
    });
    const decide = (stateKey: string, membership: string) =>
      decideSendState(
        bobIn,
        { roomId: open.roomId, draft: state(stateKey, membership), isGuest: false, profile: {}, aliases: new Map() },
        origin,
        true,
      );

    it('happens to oneself, without a word', () => {
      expect(decide(BOB, 'leave').events[0]!.data.pdu.content).toEqual({ membership: 'leave' });
    });

    it('does not happen to others, who do not learn of it', () => {
      expect(underShadowBan(bobIn, state('@carol:x', 'invite'))).toBe('drop');
      expect(() => decide('@carol:x', 'ban')).toThrow(code('EVENT_DENIED'));
    });

    it('leaves the own name in the room as it is', () => {
      const { eventId } = bobIn.state.entry('m.room.member', BOB)!;
      expect(decide(BOB, 'join')).toEqual({ events: [], existing: eventId });
    });
  });
});

describe('the content of a member event', () => {
  const profile = { displayname: 'Bob', avatar_url: 'mxc://x/y' };

  it('has the profile unless another is given, and never what only the server may say', () => {
    const given = { displayname: 'B', join_authorised_via_users_server: '@a:x', reason: 'r' };
    expect(memberContent('join', given, profile)).toEqual({
      membership: 'join',
      displayname: 'B',
      avatar_url: 'mxc://x/y',
      reason: 'r',
    });
  });

  it('has no profile when somebody goes', () => {
    expect(memberContent('leave', {}, profile)).toEqual({ membership: 'leave' });
    expect(memberContent('ban', { reason: 'r' }, profile)).toEqual({ membership: 'ban', reason: 'r' });
  });

  it('without words is who it is and that it happened', () => {
    expect(withoutWords({ membership: 'join', ...profile, reason: 'r', 'org.x': 1 })).toEqual({
      membership: 'join',
      ...profile,
    });
  });
});
