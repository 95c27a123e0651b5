import fc from 'fast-check';

import type { EventDraft } from './build-event.js';
import { MAX_EVENT_BYTES, buildEvent, depthAfter } from './build-event.js';
import { canonicalJson } from './canonical-json.js';
import { eventIdOf, hasTrueContentHash } from './event-hash.js';
import { ROOM_VERSIONS } from './room-version.js';
import { generateSigningKey, verifyEvent } from './signing.js';
import { ALICE, VERSIONS, errcodeOf } from './test-room.fixture.js';

const draft = (changes: Partial<EventDraft> = {}): EventDraft => ({
  version: ROOM_VERSIONS['11'],
  roomId: '!r:h',
  sender: ALICE,
  type: 'm.room.message',
  content: { msgtype: 'm.text', body: 'hello' },
  prevEvents: [{ eventId: '$before', depth: 4 }],
  authEventIds: ['$create', '$levels'],
  originServerTs: 17,
  ...changes,
});

it('makes the event that was asked for', () => {
  const { pdu, eventId, roomId, sizeBytes } = buildEvent(draft({ stateKey: '', unsigned: { invite_room_state: [] } }));
  expect(pdu).toEqual({
    type: 'm.room.message',
    sender: ALICE,
    room_id: '!r:h',
    state_key: '',
    content: { msgtype: 'm.text', body: 'hello' },
    origin_server_ts: 17,
    depth: 5,
    prev_events: ['$before'],
    auth_events: ['$create', '$levels'],
    hashes: { sha256: expect.stringMatching(/^[A-Za-z0-9+/]{43}$/) as string },
    unsigned: { invite_room_state: [] },
  });
  expect(eventId).toBe(eventIdOf(pdu, ROOM_VERSIONS['11']));
  expect(roomId).toBe('!r:h');
  expect(sizeBytes).toBe(Buffer.byteLength(canonicalJson(pdu)));
  expect(hasTrueContentHash(pdu)).toBe(true);
});

it('a message event has no state key', () => expect(buildEvent(draft()).pdu).not.toHaveProperty('state_key'));

it('signs when there is a key, without changing the id', () => {
  const { key } = generateSigningKey('k', (size) => new Uint8Array(size).fill(3));
  const signed = buildEvent(draft(), { serverName: 'h', key });
  expect(signed.eventId).toBe(buildEvent(draft()).eventId);
  expect(verifyEvent(signed.pdu, ROOM_VERSIONS['11'], 'h', 'ed25519:k', key.publicKey)).toBe(true);
});

describe('CLI-012 sizes', () => {
  const withBody = (sizeBytes: number) => draft({ content: { body: 'x'.repeat(sizeBytes) } });

  it('65,536 bytes of canonical JSON fit, one more does not', () => {
    const spareBytes = MAX_EVENT_BYTES - buildEvent(withBody(0)).sizeBytes;
    expect(buildEvent(withBody(spareBytes)).sizeBytes).toBe(65_536);
    expect(errcodeOf(() => buildEvent(withBody(spareBytes + 1)))).toBe('M_TOO_LARGE');
    expect(errcodeOf(() => buildEvent(draft({ content: { body: 'é'.repeat(35_200) } })))).toBe('M_TOO_LARGE');
  });

  it.each(['type', 'stateKey', 'sender', 'roomId'])('%s takes at most 255 bytes, not characters', (field) => {
    expect(() => buildEvent(draft({ [field]: 'é'.repeat(127) }))).not.toThrow();
    expect(errcodeOf(() => buildEvent(draft({ [field]: 'é'.repeat(128) })))).toBe('M_TOO_LARGE');
  });

  it('more neighbours than a server would accept is a mistake of the caller', () => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => ({ eventId: `$${i}`, depth: i }));
    expect(() => buildEvent(draft({ prevEvents: many(21) }))).toThrow(RangeError);
    expect(() => buildEvent(draft({ authEventIds: many(11).map(({ eventId }) => eventId) }))).toThrow(RangeError);
  });
});

it('CLI-009 numbers without canonical form are refused', () => {
  for (const body of [1.1, 2 ** 53, -(2 ** 53)]) {
    expect(errcodeOf(() => buildEvent(draft({ content: { body } })))).toBe('M_BAD_JSON');
  }
  expect(buildEvent(draft({ content: { body: 2 ** 53 - 1 } })).pdu.content['body']).toBe(9007199254740991);
});

it.each(VERSIONS)('a redaction names its target where version %s wants it', (id) => {
  const content = { redacts: '$target', reason: 'spam' };
  const { pdu } = buildEvent(draft({ version: ROOM_VERSIONS[id], type: 'm.room.redaction', content }));
  const expected = id === '10' ? { redacts: '$target', content: { reason: 'spam' } } : { content };
  expect(pdu).toMatchObject(expected);
  expect([Object.hasOwn(pdu, 'redacts'), Object.hasOwn(pdu.content, 'redacts')]).toEqual([id === '10', id !== '10']);
  expect(hasTrueContentHash(pdu)).toBe(true);
  expect(content).toEqual({ redacts: '$target', reason: 'spam' });
});

it('only redactions have their redacts moved', () => {
  const { pdu } = buildEvent(draft({ version: ROOM_VERSIONS['10'], content: { redacts: '$x' } }));
  expect(pdu).not.toHaveProperty('redacts');
  expect(pdu.content).toEqual({ redacts: '$x' });
});

it('depth grows from 1 and stays at the end of the integers', () => {
  expect(depthAfter([])).toBe(1);
  expect(depthAfter([{ depth: 3 }, { depth: 9 }, { depth: 1 }])).toBe(10);
  expect(depthAfter([{ depth: Number.MAX_SAFE_INTEGER }])).toBe(Number.MAX_SAFE_INTEGER);
});

it('any content with canonical form survives building and storing', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.oneof(fc.string({ unit: 'binary' }), fc.maxSafeNat(), fc.boolean())),
      (content) => {
        const { pdu, eventId } = buildEvent(draft({ content }));
        expect(eventIdOf(JSON.parse(JSON.stringify(pdu)) as typeof pdu, ROOM_VERSIONS['11'])).toBe(eventId);
      },
    ),
  );
});
