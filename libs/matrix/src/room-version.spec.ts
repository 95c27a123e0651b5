import {
  DEFAULT_ROOM_VERSION,
  ROOM_VERSIONS,
  requireRoomVersion,
  roomVersion,
  roomVersionsCapability,
} from './room-version.js';
import { errcodeOf } from './test-room.fixture.js';

it('CLI-022 a version that is no string is bad JSON', () =>
  expect(errcodeOf(() => requireRoomVersion(10))).toBe('M_BAD_JSON'));

it.each(['ahfgwjyerhgiuveisbruvybseyrugvi', '9', '', 'constructor', '__proto__', '11 '])(
  'CLI-023 %p is not supported',
  (id) => {
    expect(errcodeOf(() => requireRoomVersion(id))).toBe('M_UNSUPPORTED_ROOM_VERSION');
    expect(roomVersion(id)).toBeNull();
  },
);

it('descriptors cannot be changed', () => {
  for (const version of Object.values(ROOM_VERSIONS)) expect(Object.isFrozen(version)).toBe(true);
});

it('the capability lists what is there', () => {
  expect(roomVersionsCapability()).toEqual({ default: '11', available: { 10: 'stable', 11: 'stable', 12: 'stable' } });
  expect(roomVersion(DEFAULT_ROOM_VERSION)).toBe(ROOM_VERSIONS['11']);
});
