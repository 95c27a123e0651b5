import type { AccountingEvent } from '@ganglion/contracts';
import { fold } from '@ganglion/kernel';
import fc from 'fast-check';
import { COHORT_REDUCER, parse, serialise } from './cohort-snapshot.js';
import { cohortDecider } from './cohort.js';

const added = (userId: string, mark: number, service = 'native'): AccountingEvent => ({
  type: 'mau.member_added',
  data: { userId, mark, reason: 'sighting', service },
});
const refreshed = (userId: string, mark: number): AccountingEvent => ({
  type: 'mau.member_refreshed',
  data: { userId, mark },
});
const expired = (userId: string): AccountingEvent => ({
  type: 'mau.member_expired',
  data: { userId, reason: 'age' },
});
const userId = fc.constantFrom('@a:t', '@b:t', '@c:t', '__proto__');
const mark = fc.integer({ min: 0, max: 1e12 });
const event = fc.oneof(
  fc.tuple(userId, mark, fc.constantFrom('native', 'irc')).map((parts) => added(...parts)),
  fc.tuple(userId, mark).map((parts) => refreshed(...parts)),
  userId.map(expired),
);

describe('a snapshot of the cohort', () => {
  it('holds all of it', () =>
    fc.assert(
      fc.property(fc.array(event), fc.array(event), (before, after) => {
        const copy = parse(JSON.parse(JSON.stringify(serialise(fold(cohortDecider, before)))));
        const whole = fold(cohortDecider, [...before, ...after]);
        expect(after.reduce(cohortDecider.evolve, copy)).toEqual(whole);
      }),
    ));

  it('keeps its form, and what the events mean, for as long as the reducer keeps its name', () => {
    const history = [
      added('@a:t', 1),
      added('@b:t', 2, 'irc'),
      added('@c:t', 3),
      refreshed('@a:t', 9),
      refreshed('@b:t', 1),
      expired('@c:t'),
      added('@a:t', 5),
    ];
    expect([COHORT_REDUCER, serialise(fold(cohortDecider, history))]).toEqual([
      'cohort/1',
      { userIds: ['@a:t', '@b:t'], marks: [5, 2], services: ['native', 'irc'], native: 1 },
    ]);
  });
});
