import { authorise } from './authorise.js';
import { membershipOf } from './room-state.js';
import { ALICE, BOB, CAROL, DAVE, TestRoom, VERSIONS, errcodeOf } from './test-room.fixture.js';

const SPACE = { room_id: '!space:ganglion.test', type: 'm.room_membership' };

describe.each(VERSIONS)('room version %s', (id) => {
  const open = () => TestRoom.created(id, { preset: 'public_chat' });
  const closed = () => TestRoom.created(id, { preset: 'private_chat' });
  const withRule = (rule: string) => {
    const room = open();
    room.send(ALICE, 'm.room.join_rules', { join_rule: rule, allow: [SPACE] }, '');
    return room;
  };
  const refuses = (run: () => unknown) => expect(errcodeOf(run)).toBe('M_FORBIDDEN');

  describe('A4 shape', () => {
    it('needs a user id and a membership that exists', () => {
      const room = open();
      refuses(() => room.send(BOB, 'm.room.member', { membership: 'join' }));
      refuses(() => room.member(BOB, 'join', 'bob'));
      for (const membership of ['', 'joined', 'constructor']) refuses(() => room.member(BOB, membership));
      refuses(() => room.send(BOB, 'm.room.member', {}, BOB));
      refuses(() => room.send(BOB, 'm.room.member', { membership: ['join'] }, BOB));
      refuses(() => room.member(BOB, 'join', BOB, { join_authorised_via_users_server: 7 }));
    });
  });

  describe('A4j join', () => {
    it('CLI-060 in a public room anybody joins, and again', () => {
      expect(membershipOf(open().joined(BOB, BOB).state, BOB)).toBe('join');
    });

    it('CLI-061 an invite-only room needs an invite', () => {
      const room = closed();
      refuses(() => room.member(BOB, 'join'));
      room.member(ALICE, 'invite', BOB);
      room.joined(BOB, BOB);
    });

    it('nobody joins for somebody else', () => refuses(() => open().member(ALICE, 'join', BOB)));

    it('CLI-073 the banned stay out', () => {
      const room = open().joined(BOB);
      room.member(ALICE, 'ban', BOB);
      refuses(() => room.member(BOB, 'join'));
    });

    it.each(['private', 'nonsense', ''])('rule %p lets nobody in, invited or not', (rule) => {
      const room = withRule(rule);
      room.member(ALICE, 'invite', BOB);
      refuses(() => room.member(BOB, 'join'));
    });

    it('the creator joins right after the create event only', () => {
      const room = closed();
      const [create, join] = room.log;
      const first = { get: (type: string) => (type === 'm.room.create' ? create!.pdu : undefined) };
      expect(() => authorise(join!.pdu, first, room.version)).not.toThrow();
      const later = { ...join!.pdu, prev_events: [join!.eventId] };
      refuses(() => authorise(later, first, room.version));
      const other = { ...join!.pdu, sender: BOB, state_key: BOB };
      refuses(() => authorise(other, first, room.version));
    });

    it.each(['restricted', 'knock_restricted'])(
      'CLI-084 CLI-085 rule %s: somebody joined with invite power stands in',
      (rule) => {
        const room = withRule(rule).joined(ALICE);
        const via = (userId: string) => ({ join_authorised_via_users_server: userId });
        refuses(() => room.member(BOB, 'join'));
        refuses(() => room.member(BOB, 'join', BOB, via(CAROL)));
        room.member(BOB, 'join', BOB, via(ALICE));
        refuses(() => room.member(CAROL, 'join', CAROL, via(BOB)));
        room.levels(ALICE, { invite: 0 });
        room.member(CAROL, 'join', CAROL, via(BOB));
        room.member(BOB, 'leave');
        refuses(() => room.member(DAVE, 'join', DAVE, via(BOB)));
        room.member(ALICE, 'invite', DAVE);
        room.member(DAVE, 'join');
      },
    );
  });

  describe('A4i invite', () => {
    it('CLI-064 not oneself, nor somebody joined', () => {
      const room = open().joined(BOB);
      refuses(() => room.member(ALICE, 'invite', ALICE));
      refuses(() => room.member(ALICE, 'invite', BOB));
    });

    it('CLI-065 not from outside', () => {
      const room = open();
      refuses(() => room.member(BOB, 'invite', CAROL));
      room.member(ALICE, 'invite', BOB);
      refuses(() => room.member(BOB, 'invite', CAROL));
    });

    it('CLI-073 not somebody banned', () => {
      const room = open();
      room.member(ALICE, 'ban', BOB);
      refuses(() => room.member(ALICE, 'invite', BOB));
    });

    it('needs the invite level', () => {
      const room = open().joined(BOB);
      refuses(() => room.member(BOB, 'invite', CAROL));
      room.levels(ALICE, { invite: 0 });
      room.member(BOB, 'invite', CAROL);
      room.member(ALICE, 'invite', CAROL);
    });
  });

  describe('A4l leave, kick, unban', () => {
    it('CLI-066 CLI-069 leaves what one is in, invited to or knocks at', () => {
      const room = withRule('knock');
      refuses(() => room.member(BOB, 'leave'));
      room.member(ALICE, 'invite', BOB);
      room.member(BOB, 'leave');
      refuses(() => room.member(BOB, 'leave'));
      room.member(BOB, 'knock');
      room.member(BOB, 'leave');
      room.member(ALICE, 'ban', BOB);
      refuses(() => room.member(BOB, 'leave'));
    });

    it('CLI-067 CLI-070 CLI-082 power takes away memberships, invites and knocks', () => {
      const room = withRule('knock');
      room.member(ALICE, 'invite', BOB);
      room.member(ALICE, 'leave', BOB);
      room.member(CAROL, 'knock');
      room.member(ALICE, 'leave', CAROL);
      room.member(ALICE, 'invite', BOB);
      room.joined(BOB).member(ALICE, 'leave', BOB);
    });

    it('CLI-072 not from below, from beside or from outside', () => {
      const room = open().joined(BOB, CAROL);
      refuses(() => room.member(BOB, 'leave', ALICE));
      refuses(() => room.member(DAVE, 'leave', BOB));
      const users = { ...(id === '12' ? {} : { [ALICE]: 100 }), [BOB]: 50, [CAROL]: 50 };
      room.levels(ALICE, { users });
      refuses(() => room.member(BOB, 'leave', CAROL));
      room.levels(ALICE, { users: { ...users, [CAROL]: 49 } });
      room.member(BOB, 'leave', CAROL);
    });

    it('CLI-074 lifting a ban takes the levels of ban and of kick', () => {
      const room = open().joined(BOB);
      const users = { ...(id === '12' ? {} : { [ALICE]: 100 }), [BOB]: 50 };
      room.levels(ALICE, { users, ban: 51, kick: 50 });
      room.member(ALICE, 'ban', CAROL);
      refuses(() => room.member(BOB, 'leave', CAROL));
      room.levels(ALICE, { ban: 50, kick: 51 });
      refuses(() => room.member(BOB, 'leave', CAROL));
      room.levels(ALICE, { kick: 50 });
      room.member(BOB, 'leave', CAROL);
      room.joined(CAROL);
    });
  });

  describe('A4b ban', () => {
    it('CLI-076 not from outside', () => refuses(() => open().joined(BOB).member(CAROL, 'ban', BOB)));

    it('takes the ban level and rank over the target, who need not be there', () => {
      const room = open().joined(BOB);
      refuses(() => room.member(BOB, 'ban', CAROL));
      room.levels(ALICE, { users: { ...(id === '12' ? {} : { [ALICE]: 100 }), [BOB]: 50, [CAROL]: 50 } });
      refuses(() => room.member(BOB, 'ban', CAROL));
      room.member(BOB, 'ban', DAVE);
      room.member(ALICE, 'ban', BOB);
    });
  });

  describe('A4k knock', () => {
    it.each(['public', 'invite', 'restricted', 'private'])('CLI-081 rule %s takes no knocks', (rule) =>
      refuses(() => withRule(rule).member(BOB, 'knock')),
    );

    it.each(['knock', 'knock_restricted'])('CLI-080 CLI-083 rule %s takes them, repeatedly', (rule) => {
      const room = withRule(rule);
      room.member(BOB, 'knock', BOB, { reason: 'please' });
      room.member(BOB, 'knock', BOB, { reason: 'again' });
      refuses(() => room.member(BOB, 'join'));
      refuses(() => room.member(ALICE, 'knock', CAROL));
    });

    it('CLI-081 not when joined, invited or banned', () => {
      const room = withRule('knock');
      refuses(() => room.member(ALICE, 'knock'));
      room.member(ALICE, 'invite', BOB);
      refuses(() => room.member(BOB, 'knock'));
      room.member(ALICE, 'ban', BOB);
      refuses(() => room.member(BOB, 'knock'));
    });
  });
});
