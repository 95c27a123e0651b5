import type { Membership } from '@ganglion/contracts';
import { sectionOf, type OwnChange } from './section.js';

const changes = (...all: [number, Membership][]): OwnChange[] => all.map(([pos, membership]) => ({ pos, membership }));

describe('the section of a room in an incremental sync since 10', () => {
  it.each<[string, OwnChange[], string | null]>([
    ['joined all along', changes([5, 'join']), 'joined'],
    ['a new name in between', changes([5, 'join'], [12, 'join']), 'joined'],
    ['CLI-139 joined in between', changes([12, 'join']), 'newly-joined'],
    ['an invite accepted', changes([5, 'invite'], [12, 'join']), 'newly-joined'],
    ['CLI-140 joined, left, joined', changes([11, 'join'], [12, 'leave'], [13, 'join']), 'newly-joined'],
    ['left and joined again', changes([5, 'join'], [12, 'leave'], [13, 'join']), 'newly-joined'],
    ['invited', changes([12, 'invite']), 'invite'],
    ['invited again after leaving', changes([5, 'leave'], [12, 'invite']), 'invite'],
    ['invited before, told already', changes([5, 'invite']), null],
    ['knocked', changes([12, 'knock']), 'knock'],
    ['CLI-141 left', changes([5, 'join'], [12, 'leave']), 'leave'],
    ['CLI-066 an invite rejected', changes([5, 'invite'], [12, 'leave']), 'leave'],
    ['a knock retracted', changes([5, 'knock'], [12, 'leave']), 'leave'],
    ['banned', changes([5, 'join'], [12, 'ban']), 'leave'],
    ['joined and left in between', changes([11, 'join'], [12, 'leave']), 'leave'],
    ['left before, told already', changes([5, 'leave']), null],
    ['banned long after leaving', changes([5, 'leave'], [12, 'ban']), null],
    ['a ban lifted', changes([5, 'ban'], [12, 'leave']), null],
  ])('%s: %s', (_, own, expected) => {
    expect(sectionOf(own, 10, false)).toBe(expected);
  });
});

describe('the section of a room in an initial sync', () => {
  it.each<[Membership, boolean, string | null]>([
    ['join', false, 'newly-joined'],
    ['invite', false, 'invite'],
    ['knock', false, 'knock'],
    ['leave', false, null],
    ['ban', false, null],
    ['leave', true, 'leave'],
    ['ban', true, 'leave'],
  ])('%s with include_leave %s: %s', (membership, includeLeave, expected) => {
    expect(sectionOf(changes([5, membership]), null, includeLeave)).toBe(expected);
  });
});
