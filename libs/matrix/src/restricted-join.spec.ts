import { pickAuthoriser, roomsThatAllowJoin } from './restricted-join.js';
import { ALICE, BOB, CAROL, DAVE, TestRoom, VERSIONS, errcodeOf } from './test-room.fixture.js';

const SPACE = '!space:ganglion.test';

describe('the rooms that let one in', () => {
  const allowed = (content: Record<string, unknown>) => {
    const room = TestRoom.created('11');
    room.send(ALICE, 'm.room.join_rules', content, '');
    return roomsThatAllowJoin(room.state);
  };
  const condition = { type: 'm.room_membership', room_id: SPACE };

  it.each(['restricted', 'knock_restricted'])('CLI-084 CLI-089 are listed under %s', (join_rule) =>
    expect(allowed({ join_rule, allow: [condition] })).toEqual([SPACE]),
  );

  it('do not matter under other rules', () => expect(allowed({ join_rule: 'invite', allow: [condition] })).toBeNull());

  it.each<[unknown]>([
    ['x'],
    [undefined],
    [{ 0: condition }],
    [['x', 7, null, []]],
    [[{ room_id: SPACE }, { type: 'other', room_id: SPACE }, { type: 'm.room_membership', room_id: 'x' }]],
  ])('CLI-087 allow %j names none', (allow) => {
    expect(allowed({ join_rule: 'restricted', ...(allow === undefined ? {} : { allow }) })).toEqual([]);
  });
});

describe.each(VERSIONS)('who stands in, version %s', (id) => {
  it('CLI-084 the highest-powered, whatever the order', () => {
    const room = TestRoom.created(id).joined(BOB, CAROL, DAVE);
    room.levels(ALICE, { users: { ...(id === '12' ? {} : { [ALICE]: 100 }), [BOB]: 60, [CAROL]: 60 } });
    const pick = (...users: string[]) => pickAuthoriser(users, room.state, room.version);
    expect(pick(DAVE, CAROL, ALICE, BOB)).toBe(ALICE);
    expect(pick(CAROL, BOB, DAVE)).toBe(BOB);
    expect(pick(BOB, CAROL)).toBe(BOB);
  });

  it('CLI-086 nobody without invite power', () => {
    const room = TestRoom.created(id).joined(BOB);
    expect(errcodeOf(() => pickAuthoriser([BOB], room.state, room.version))).toBe('M_UNABLE_TO_GRANT_JOIN');
    expect(errcodeOf(() => pickAuthoriser([], room.state, room.version))).toBe('M_UNABLE_TO_GRANT_JOIN');
    room.levels(ALICE, { invite: 0 });
    expect(pickAuthoriser([BOB], room.state, room.version)).toBe(BOB);
  });
});
