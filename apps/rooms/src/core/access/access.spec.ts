import { accessOf, type Standing } from './access.js';

const standing = (changes: Partial<Standing>): Standing => ({
  membership: null,
  departedAt: null,
  wasJoined: false,
  worldReadable: false,
  ...changes,
});

describe('access to a room', () => {
  it('is to the room as it is for members', () => {
    expect(accessOf(standing({ membership: 'join', wasJoined: true }))).toEqual({ kind: 'now' });
  });

  it('is to the room as it was when they left for those who left or were banned', () => {
    const departed = { departedAt: 7, wasJoined: true };
    expect(accessOf(standing({ membership: 'leave', ...departed }))).toEqual({ kind: 'until', pos: 7 });
    expect(accessOf(standing({ membership: 'ban', ...departed }))).toEqual({ kind: 'until', pos: 7 });
  });

  it.each<[string, Standing | null]>([
    ['CLI-051 of a room that does not exist', null],
    ['CLI-050 of one they never were in', standing({})],
    ['of one they are invited to', standing({ membership: 'invite' })],
    ['of one they knock at', standing({ membership: 'knock' })],
    ['of one whose invite they rejected', standing({ membership: 'leave' })],
    ['of one they were banned from without ever being in it', standing({ membership: 'ban' })],
    [
      'of one they left long ago and are invited to again',
      standing({ membership: 'invite', departedAt: 7, wasJoined: true }),
    ],
  ])('is refused to others: %s', (_, given) => {
    expect(() => accessOf(given)).toThrow(expect.objectContaining({ code: 'NOT_A_MEMBER', kind: 'forbidden' }));
  });

  it('CLI-116 is open to everybody where the world may read', () => {
    expect(accessOf(standing({ worldReadable: true }))).toEqual({ kind: 'now' });
  });
});
