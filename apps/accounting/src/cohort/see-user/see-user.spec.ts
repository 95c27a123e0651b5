import type { AccountingEvent } from '@ganglion/contracts';
import { specFor } from '@ganglion/kernel';
import { evolve, initial, type Cohort } from '../cohort.js';
import { decide, type SeeUser, type SeenAccount } from './see-user.js';

const NOW = 1_700_000_000_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const given = specFor<Cohort, AccountingEvent, SeeUser>({ initial, evolve, decide });

const account: SeenAccount = {
  isGuest: false,
  userType: null,
  appserviceId: null,
  createdTs: (NOW - 90 * DAY) / 1_000,
};
const rules = { limitUsageByMau: false, maxMauValue: 0, mauStatsOnly: true, trialDays: 0 };
const see = (
  changes: Partial<SeeUser['data']['rules']> = {},
  who: Partial<SeenAccount> | null = {},
  tsMs = NOW,
  userId = '@a:test',
): SeeUser => ({
  type: 'SeeUser',
  data: { userId, tsMs, account: who && { ...account, ...who }, rules: { ...rules, ...changes } },
  meta: { nowMs: NOW, actor: 'system', correlationId: 'r' },
});
const added = (userId = '@a:test', mark = NOW, service = 'native'): AccountingEvent => ({
  type: 'mau.member_added',
  data: { userId, mark, reason: 'sighting', service },
});
const refreshed = (mark: number): AccountingEvent => ({
  type: 'mau.member_refreshed',
  data: { userId: '@a:test', mark },
});

describe('a user is seen', () => {
  it('and enters the cohort', () => given().when(see()).then(added()));
  it('but nothing is kept while the options are off', () =>
    given()
      .when(see({ mauStatsOnly: false }))
      .thenNothing());
  it('guests never enter', () =>
    given()
      .when(see({}, { isGuest: true }))
      .thenNothing());
  it('support users never enter', () =>
    given()
      .when(see({}, { userType: 'support' }))
      .thenNothing());
  it('bots do', () =>
    given()
      .when(see({}, { userType: 'bot' }))
      .then(added()));
  it('not on trial', () =>
    given()
      .when(see({ trialDays: 2 }, { createdTs: NOW / 1_000 - 86_400 }))
      .thenNothing());
  it('after the trial, to the second', () =>
    given()
      .when(see({ trialDays: 1 }, { createdTs: NOW / 1_000 - 86_400 }))
      .then(added()));
  it('an account that is not known is not on trial', () =>
    given()
      .when(see({ trialDays: 9 }, null))
      .then(added()));
  it('users of an appservice count under it', () =>
    given()
      .when(see({}, { appserviceId: 'irc' }))
      .then(added('@a:test', NOW, 'irc')));

  it('again within the hour: nothing', () =>
    given(added('@a:test', NOW - HOUR))
      .when(see())
      .thenNothing());
  it('again after it: the mark moves', () =>
    given(added('@a:test', NOW - HOUR - 1))
      .when(see())
      .then(refreshed(NOW)));
  it('out of order: the mark never moves back', () =>
    given(added())
      .when(see({}, {}, NOW - 5 * HOUR))
      .thenNothing());
  it('from a clock ahead of ours: the mark is not in the future', () =>
    given()
      .when(see({}, {}, NOW + DAY))
      .then(added()));

  it('is kept out when the cohort is full', () =>
    given(added('@b:test'))
      .when(see({ limitUsageByMau: true, maxMauValue: 1 }))
      .thenNothing());
  it('a member is refreshed although it is full', () =>
    given(added('@a:test', NOW - 2 * HOUR))
      .when(see({ limitUsageByMau: true, maxMauValue: 0 }))
      .then(refreshed(NOW)));
  it('members of appservices do not fill it', () =>
    given(added('@b:test', NOW, 'irc'))
      .when(see({ limitUsageByMau: true, maxMauValue: 1 }))
      .then(added()));
});
