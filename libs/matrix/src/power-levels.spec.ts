import { creatorsOf, powerLevelsOf } from './power-levels.js';
import type { JsonObject } from './json-values.js';
import type { Pdu } from './pdu.js';
import { stateOf } from './room-state.js';
import type { RoomVersionId } from './room-version.js';
import { ROOM_VERSIONS } from './room-version.js';
import { ALICE, BOB, CAROL } from './test-room.fixture.js';

function levels(id: RoomVersionId, content?: JsonObject, create: JsonObject = {}) {
  const event = (type: string, of: JsonObject) => ({ type, sender: ALICE, state_key: '', content: of }) as Pdu;
  const creation = id === '10' ? { creator: ALICE, ...create } : create;
  const events = [event('m.room.create', creation), ...(content ? [event('m.room.power_levels', content)] : [])];
  return powerLevelsOf(stateOf(events), ROOM_VERSIONS[id]);
}

describe.each(['10', '11', '12'] as const)('room version %s', (id) => {
  const creatorLevel = (otherwise: number) => (id === '12' ? Infinity : otherwise);

  it('without the event the creator has all, others nothing', () => {
    const without = levels(id);
    expect([without.ofUser(ALICE), without.ofUser(BOB)]).toEqual([creatorLevel(100), 0]);
    expect([without.toSend('m.room.message', false), without.toSend('m.room.name', true)]).toEqual([0, 50]);
    expect((['invite', 'kick', 'ban', 'redact'] as const).map(without.toAct)).toEqual([0, 50, 50, 50]);
    expect(without.toNotify('room')).toBe(50);
  });

  it('CLI-046 with an empty event nobody below version 12 has anything', () => {
    const empty = levels(id, {});
    expect([empty.ofUser(ALICE), empty.ofUser(BOB)]).toEqual([creatorLevel(0), 0]);
    expect([empty.toSend('m.room.message', false), empty.toSend('m.room.name', true)]).toEqual([0, 50]);
    expect(empty.toAct('invite')).toBe(0);
  });

  it('with the event its entries count, then its defaults', () => {
    const full = levels(id, {
      users: { [BOB]: 7, [ALICE]: 3 },
      users_default: -1,
      events: { 'm.room.name': 8 },
      events_default: 9,
      state_default: 10,
      invite: 11,
      kick: 12,
      ban: 13,
      redact: 14,
      notifications: { room: 15 },
    });
    expect([ALICE, BOB, CAROL].map(full.ofUser)).toEqual([creatorLevel(3), 7, -1]);
    expect([full.toSend('m.room.name', true), full.toSend('m.room.name', false)]).toEqual([8, 8]);
    expect([full.toSend('x', false), full.toSend('x', true)]).toEqual([9, 10]);
    expect((['invite', 'kick', 'ban', 'redact'] as const).map(full.toAct)).toEqual([11, 12, 13, 14]);
    expect([full.toNotify('room'), full.toNotify('other')]).toEqual([15, 50]);
  });

  it('takes what is no integer, or not its own, for absent', () => {
    const odd = levels(id, { users: { [BOB]: '50' }, users_default: 1.5, events: [], kick: null, ban: 2 ** 53 });
    expect([odd.ofUser(BOB), odd.toAct('kick'), odd.toAct('ban')]).toEqual([0, 50, 50]);
    expect([odd.toSend('constructor', true), odd.toNotify('toString')]).toEqual([50, 50]);
    expect(levels(id, { events: {} }).toSend('__proto__', false)).toBe(0);
  });
});

it('the creator is named by content in version 10, by the sender after', () => {
  const state = stateOf([
    { type: 'm.room.create', sender: ALICE, state_key: '', content: { creator: BOB } } as unknown as Pdu,
  ]);
  expect(creatorsOf(state, ROOM_VERSIONS['10'])).toEqual([BOB]);
  expect(creatorsOf(state, ROOM_VERSIONS['11'])).toEqual([ALICE]);
  expect(creatorsOf(stateOf([]), ROOM_VERSIONS['12'])).toEqual([]);
});

it('version 12 has additional creators, version 11 ignores them', () => {
  const create = { additional_creators: [BOB, 7] };
  expect(levels('12', {}, create).ofUser(BOB)).toBe(Infinity);
  expect(levels('12', {}, { additional_creators: 'x' }).ofUser(BOB)).toBe(0);
  expect(levels('11', undefined, create).ofUser(BOB)).toBe(0);
});
