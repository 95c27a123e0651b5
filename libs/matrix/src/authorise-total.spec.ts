import { Refusal } from '@ganglion/kernel';
import fc from 'fast-check';

import { authEventKeys } from './auth-events.js';
import { authorise } from './authorise.js';
import { checkEventContent } from './content-checks.js';
import type { JsonObject } from './json-values.js';
import type { Pdu } from './pdu.js';
import { powerLevelsOf } from './power-levels.js';
import { redact } from './redact.js';
import { roomsThatAllowJoin } from './restricted-join.js';
import { stateOf } from './room-state.js';
import { ROOM_VERSIONS } from './room-version.js';
import { ALICE, BOB, CAROL, SERVER, TestRoom, VERSIONS } from './test-room.fixture.js';

const KEYS = [
  'membership',
  'join_rule',
  'allow',
  'users',
  'events',
  'notifications',
  'users_default',
  'ban',
  'kick',
  'invite',
  'third_party_invite',
  'signed',
  'mxid',
  'token',
  'signatures',
  'public_key',
  'public_keys',
  'room_version',
  'additional_creators',
  'creator',
  'm.federate',
  'join_authorised_via_users_server',
  'redacts',
  'm.mentions',
  'm.relates_to',
  'rel_type',
  'key',
  'deny',
  '__proto__',
  'constructor',
  ALICE,
  BOB,
];
const WORDS = [
  'join',
  'invite',
  'leave',
  'ban',
  'knock',
  'public',
  'restricted',
  'knock_restricted',
  '12',
  ALICE,
  BOB,
  'token',
  '\ud800',
];
const TYPES = [
  'member',
  'power_levels',
  'join_rules',
  'create',
  'third_party_invite',
  'message',
  'redaction',
  'server_acl',
];

/** Content as somebody would write it who wants to do harm: known keys, values of every type. */
const anything = fc.letrec<{ any: unknown; object: JsonObject }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(...WORDS),
    fc.oneof(fc.maxSafeInteger(), fc.constantFrom(0, 50, 100, 0.5, -0, 2 ** 53, 1e300)),
    fc.constantFrom(null, true, false, ''),
    fc.array(tie('any'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc
    .array(fc.tuple(fc.oneof(fc.constantFrom(...KEYS), fc.string({ maxLength: 3 })), tie('any')), { maxLength: 6 })
    .map((entries) => Object.fromEntries(entries)),
}));

const user = fc.constantFrom(ALICE, BOB, CAROL, '@x:elsewhere');
const event = (roomId: string): fc.Arbitrary<Pdu> =>
  fc
    .record({
      type: fc.constantFrom(...TYPES.map((type) => `m.room.${type}`), '__proto__'),
      sender: user,
      state_key: fc.option(fc.oneof(user, fc.constantFrom('', 'token', '@')), { nil: undefined }),
      room_id: fc.constantFrom(roomId, roomId, roomId, `!other:${SERVER}`, undefined),
      content: anything.object,
      prev_events: fc.constantFrom<string[]>([], ['$a'], ['$a', '$b']),
    })
    .map(
      ({ state_key, room_id, ...rest }) =>
        ({
          ...rest,
          origin_server_ts: 1,
          depth: 2,
          auth_events: [],
          hashes: { sha256: '' },
          ...(state_key === undefined ? {} : { state_key }),
          ...(room_id === undefined ? {} : { room_id }),
        }) as Pdu,
    );

function outcomeOf(run: () => void): 'allowed' | 'refused' {
  try {
    run();
    return 'allowed';
  } catch (error) {
    if (error instanceof Refusal) return 'refused';
    throw error;
  }
}

describe.each(VERSIONS)('whatever a room contains, version %s', (id) => {
  const version = ROOM_VERSIONS[id];
  const base = TestRoom.created(id).joined(BOB);
  const room = fc.array(event(base.id), { maxLength: 6 });

  it('authorise answers, or refuses with a Refusal', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(room, event(base.id), (extra, next) => {
        const state = stateOf([...base.log.map(({ pdu }) => pdu), ...extra]);
        seen.add(outcomeOf(() => authorise(next, state, version)));
      }),
      { numRuns: 1000 },
    );
    expect([...seen].sort()).toEqual(['allowed', 'refused']);
  });

  it('so do content checks, and the readers of state never throw', () => {
    fc.assert(
      fc.property(room, event(base.id), (extra, next) => {
        outcomeOf(() =>
          checkEventContent(next.type, next.content, {
            roomId: base.id,
            serverName: SERVER,
            infiniteCreators: [ALICE],
          }),
        );
        const state = stateOf(extra);
        expect(powerLevelsOf(state, version).ofUser(next.sender)).not.toBeNaN();
        expect(roomsThatAllowJoin(state)).not.toBe(undefined);
        expect(authEventKeys(next, version).length).toBeLessThanOrEqual(10);
        expect(redact(next, version).type).toBe(next.type);
      }),
      { numRuns: 500 },
    );
  });
});
