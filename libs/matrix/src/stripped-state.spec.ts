import { strippedState } from './stripped-state.js';
import { ALICE, BOB, TestRoom } from './test-room.fixture.js';

const ALL = {
  preset: 'public_chat',
  name: 'N',
  topic: 'T',
  room_alias_name: 'a',
  initial_state: [
    { type: 'm.room.avatar', content: { url: 'mxc://h/a' } },
    { type: 'm.room.encryption', content: { algorithm: 'm.megolm.v1.aes-sha2' } },
    { type: 'org.example.secret', content: { x: 1 } },
  ],
};
const NAMES = ['create', 'join_rules', 'name', 'avatar', 'topic', 'canonical_alias', 'encryption'].map(
  (n) => `m.room.${n}`,
);

it('CLI-027 an invite shows the room, who invites, and last the own member event', () => {
  const room = TestRoom.created('12', ALL);
  const before = room.state;
  const { pdu } = room.member(ALICE, 'invite', BOB, { is_direct: true });
  const shown = strippedState(before, pdu);
  expect(shown.map(({ type, state_key }) => (state_key === '' ? type : state_key))).toEqual([...NAMES, ALICE, BOB]);
  expect(shown.at(-1)!.content).toMatchObject({ membership: 'invite', is_direct: true });
  for (const event of shown) {
    expect(Object.keys(event).sort()).toEqual(['content', 'sender', 'state_key', 'type']);
  }
  expect(strippedState(room.state, pdu)).toEqual(shown);
});

it('CLI-080 a knock shows the room, its join rules included, and nobody who is in it', () => {
  const room = TestRoom.created('11');
  room.send(ALICE, 'm.room.join_rules', { join_rule: 'knock' }, '');
  const { pdu } = room.member(BOB, 'knock');
  const shown = strippedState(room.state, pdu);
  expect(shown.map(({ type, state_key }) => type + state_key)).toEqual([
    'm.room.create',
    'm.room.join_rules',
    `m.room.member${BOB}`,
  ]);
});
