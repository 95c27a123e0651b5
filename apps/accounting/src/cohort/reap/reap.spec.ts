import type { AccountingEvent } from '@ganglion/contracts';
import { specFor } from '@ganglion/kernel';
import { evolve, initial, WINDOW_MS, type Cohort } from '../cohort.js';
import { decide, type Reap } from './reap.js';

const NOW = 1_700_000_000_000;
const given = specFor<Cohort, AccountingEvent, Reap>({ initial, evolve, decide });
const reap = (maxMauValue: number | null = null, reserved: string[] = []): Reap => ({
  type: 'Reap',
  data: {
    rules: { limitUsageByMau: maxMauValue !== null, maxMauValue: maxMauValue ?? 0, mauStatsOnly: true, trialDays: 0 },
    reserved: new Set(reserved),
  },
  meta: { nowMs: NOW, actor: 'schedule', correlationId: 'r' },
});
const added = (userId: string, ageMs: number, service = 'native'): AccountingEvent => ({
  type: 'mau.member_added',
  data: { userId, mark: NOW - ageMs, reason: 'sighting', service },
});
const expired = (userId: string, reason: 'age' | 'over_limit'): AccountingEvent => ({
  type: 'mau.member_expired',
  data: { userId, reason },
});

describe('the reaper', () => {
  it('keeps a mark of exactly thirty days', () => given(added('@a:t', WINDOW_MS)).when(reap()).thenNothing());
  it('drops an older one', () =>
    given(added('@a:t', WINDOW_MS + 1))
      .when(reap())
      .then(expired('@a:t', 'age')));
  it('never drops a reserved user', () =>
    given(added('@a:t', 2 * WINDOW_MS))
      .when(reap(0, ['@a:t']))
      .thenNothing());
  it('under a limit drops the oldest beyond it', () =>
    given(added('@a:t', 30), added('@b:t', 10), added('@c:t', 20)).when(reap(2)).then(expired('@a:t', 'over_limit')));
  it('leaves room for the reserved ones', () =>
    given(added('@a:t', 30), added('@b:t', 10))
      .when(reap(2, ['@r:t']))
      .then(expired('@a:t', 'over_limit')));
  it('does not count members of appservices against the limit', () =>
    given(added('@a:t', 30, 'irc'), added('@b:t', 10))
      .when(reap(1))
      .thenNothing());
  it('decides nothing twice', () =>
    given(added('@a:t', WINDOW_MS + 1), expired('@a:t', 'age'))
      .when(reap())
      .thenNothing());
});
