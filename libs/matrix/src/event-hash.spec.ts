import { contentHash, eventIdOf, hasTrueContentHash, referenceHash, roomIdOfCreate } from './event-hash.js';
import type { Pdu } from './pdu.js';
import { redact } from './redact.js';
import { ALICE, BOB, SERVER, TestRoom, VERSIONS } from './test-room.fixture.js';

/** Signed and hashed in "Cryptographic Test Vectors" of the specification. */
const MINIMAL = {
  room_id: '!x:domain',
  sender: '@a:domain',
  origin: 'domain',
  origin_server_ts: 1000000,
  signatures: {},
  hashes: {},
  type: 'X',
  content: {},
  prev_events: [],
  auth_events: [],
  depth: 3,
  unsigned: { age_ts: 1000000 },
};
const MESSAGE = {
  content: { body: 'Here is the message content' },
  event_id: '$0:domain',
  hashes: {},
  origin: 'domain',
  origin_server_ts: 1000000,
  signatures: {},
  room_id: '!r:domain',
  sender: '@u:domain',
  type: 'm.room.message',
  unsigned: { age_ts: 1000000 },
};

it('CLI-271 the hashes of the specification', () => {
  expect(contentHash(MINIMAL)).toBe('5jM4wQpv6lnBo7CLIghJuHdW+s2CMBJPUOGOC89ncos');
  expect(contentHash(MESSAGE)).toBe('onLKD1bGljeBWQhWZ1kaP9SorVmRQNdN5aM2JYU2n/g');
});

/** A room that has an event of every type whose redaction is special. */
function roomWithEverything(version: (typeof VERSIONS)[number]): TestRoom {
  const room = TestRoom.created(version, { preset: 'public_chat', topic: 'T', creation_content: { other: 1 } });
  room.member(BOB, 'join', BOB, { displayname: 'B' });
  room.send(ALICE, 'm.room.join_rules', { join_rule: 'restricted', allow: [{ room_id: '!a:h' }], extra: 1 }, '');
  room.send(ALICE, 'm.room.redaction', { redacts: room.log.at(-1)!.eventId, reason: 'x' });
  room.send(BOB, 'm.room.message', { msgtype: 'm.text', body: 'hello' });
  room.levels(ALICE, { notifications: { room: 20 }, extra: {} });
  return room;
}

describe.each(VERSIONS)('room version %s', (id) => {
  const room = roomWithEverything(id);

  it('CLI-272 the id follows from the stored event', () => {
    for (const { pdu, eventId, roomId } of room.log) {
      const stored = JSON.parse(JSON.stringify(pdu)) as Pdu;
      expect(eventIdOf(stored, room.version)).toBe(eventId);
      expect(eventId).toMatch(/^\$[A-Za-z0-9_-]{43}$/);
      expect(hasTrueContentHash(stored)).toBe(true);
      expect(stored).not.toHaveProperty('event_id');
      expect(roomId).toBe(room.id);
    }
  });

  it('CLI-273 redaction changes no reference hash', () => {
    for (const { pdu } of room.log) {
      const redacted = redact(pdu, room.version);
      expect(referenceHash(redacted, room.version)).toEqual(referenceHash(pdu, room.version));
    }
    const message = room.log.find(({ pdu }) => pdu.type === 'm.room.message')!;
    expect(hasTrueContentHash(redact(message.pdu, room.version))).toBe(false);
  });

  it('neither signatures nor unsigned data count', () => {
    const { pdu, eventId } = room.log.at(-1)!;
    const later = { ...pdu, unsigned: { age: 3 }, signatures: { h: { 'ed25519:1': 'x' } } };
    expect(eventIdOf(later, room.version)).toBe(eventId);
    expect(contentHash(later)).toBe(pdu.hashes.sha256);
    expect(eventIdOf({ ...pdu, depth: pdu.depth + 1 }, room.version)).not.toBe(eventId);
  });
});

it('CLI-031 CLI-272 a version-12 room id is the create event id with another sigil', () => {
  const [create] = TestRoom.created('12').log;
  expect(create!.pdu).not.toHaveProperty('room_id');
  expect(create!.roomId).toBe(`!${create!.eventId.slice(1)}`);
  expect(roomIdOfCreate(create!.pdu, TestRoom.created('12').version)).toBe(create!.roomId);
  expect(TestRoom.created('11').log[0]!.pdu.room_id).toBe(`!room:${SERVER}`);
});
