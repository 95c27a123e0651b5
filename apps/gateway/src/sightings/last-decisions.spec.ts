import { LastDecisions } from './last-decisions.js';

it('a decision stands in for a minute', () => {
  const decisions = new LastDecisions();
  const no = { allowed: false, body: { errcode: 'M_RESOURCE_LIMIT_EXCEEDED', error: '' } } as const;
  decisions.note('@a:test', no, 0);
  expect(decisions.of('@a:test', 59_999)).toEqual(no);
  expect(decisions.of('@a:test', 60_000)).toBeNull();
  expect(decisions.of('@b:test', 0)).toBeNull();
});
