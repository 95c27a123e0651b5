import type { Membership } from '@ganglion/contracts';
import type { OwnRoom } from './own-rooms.queries.js';
import { planSync, type PlanInput } from './sync-plan.js';

const room = (roomId: string, membership: Membership, memberPos: number, lastPos = memberPos): OwnRoom => ({
  roomId,
  membership,
  memberPos,
  lastPos,
  joinedMembers: 1,
  invitedMembers: 0,
});

const plan = (changes: Partial<PlanInput>) =>
  planSync({ since: 10, now: 20, fullState: false, includeLeave: false, rooms: [], changes: new Map(), ...changes });

describe('what an incremental sync tells of', () => {
  it('CLI-145 goes on from the token where something happened, and leaves out where nothing did', () => {
    const { shown } = plan({ rooms: [room('!busy:x', 'join', 5, 15), room('!quiet:x', 'join', 5, 9)] });
    expect(shown).toMatchObject([{ room: { roomId: '!busy:x' }, after: 10, upTo: 20, whole: false, fullState: false }]);
  });

  it('CLI-144 tells the whole state of every joined room when asked to, from the token on', () => {
    const { shown } = plan({ fullState: true, rooms: [room('!quiet:x', 'join', 5, 9)] });
    expect(shown).toMatchObject([{ after: 10, whole: false, fullState: true, gap: false }]);
  });

  it('CLI-139 tells a room that was joined from its beginning, with a gap', () => {
    const { shown } = plan({
      rooms: [room('!new:x', 'join', 15)],
      changes: new Map([['!new:x', [{ pos: 15, membership: 'join' as const }]]]),
    });
    expect(shown).toMatchObject([{ section: 'join', after: 0, upTo: 20, whole: true, fullState: true, gap: true }]);
  });

  it('CLI-141 tells a room that was left up to the departure', () => {
    const { shown } = plan({
      rooms: [room('!old:x', 'leave', 15, 18)],
      changes: new Map([
        [
          '!old:x',
          [
            { pos: 3, membership: 'join' as const },
            { pos: 15, membership: 'leave' as const },
          ],
        ],
      ]),
    });
    expect(shown).toMatchObject([{ section: 'leave', after: 10, upTo: 15, wasJoined: true, fullState: false }]);
  });

  it('shows nothing of the state to somebody who only rejected an invite', () => {
    const { shown } = plan({
      rooms: [room('!no:x', 'leave', 15)],
      changes: new Map([
        [
          '!no:x',
          [
            { pos: 12, membership: 'invite' as const },
            { pos: 15, membership: 'leave' as const },
          ],
        ],
      ]),
    });
    expect(shown).toMatchObject([{ section: 'leave', wasJoined: false }]);
  });

  it('leaves aside what happened after the moment of the answer', () => {
    const { shown, invites } = plan({
      rooms: [room('!r:x', 'join', 5, 21)],
      changes: new Map([['!r:x', [{ pos: 21, membership: 'leave' as const }]]]),
    });
    expect(shown).toMatchObject([{ section: 'join', upTo: 20 }]);
    expect(invites).toEqual([]);
  });
});
