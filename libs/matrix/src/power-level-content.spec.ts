import { checkPowerLevelContent } from './power-level-content.js';
import { ALICE, BOB, errcodeOf } from './test-room.fixture.js';

const check =
  (content: Record<string, unknown>, creators: string[] = []) =>
  () =>
    checkPowerLevelContent(content, creators);

it.each([
  { users: { '@b': '50' } },
  { users: { [BOB]: '50' } },
  { users: { nonsense: 50 } },
  { users: [] },
  { users: null },
  { users_default: 1.5 },
  { ban: '50' },
  { kick: null },
  { events: { 'm.room.name': true } },
  { events: 'x' },
  { notifications: { room: [] } },
])('CLI-044 %j is of a wrong shape', (content) => expect(errcodeOf(check(content))).toBe('M_BAD_JSON'));

it('CLI-036 a level above the integer range is of a wrong shape', () => {
  expect(errcodeOf(check({ users: { [BOB]: 2 ** 53 } }))).toBe('M_BAD_JSON');
  expect(errcodeOf(check({ state_default: -(2 ** 53) }))).toBe('M_BAD_JSON');
  expect(check({ users: { [BOB]: 2 ** 53 - 1 } })).not.toThrow();
});

it('CLI-036 creators of version 12 are not listed', () => {
  expect(errcodeOf(check({ users: { [ALICE]: 100 } }, [ALICE]))).toBe('M_INVALID_PARAM');
  expect(check({ users: { [ALICE]: 100 } })).not.toThrow();
  expect(check({ users: { [BOB]: 100 } }, [ALICE])).not.toThrow();
});

it('leaves keys it does not know alone', () =>
  expect(check({ historical: 'x', 'org.example': {}, users: {}, events: {} })).not.toThrow());
