import { queryOf } from '../edge/query-string.js';
import { syncParamsOf } from './sync-params.query.js';

const params = (text: string) => syncParamsOf(queryOf(`/sync?${text}`), 300_000);

describe('syncParamsOf', () => {
  it('has a default for everything', () => {
    expect(params('')).toEqual({ since: null, filter: null, fullState: false, useStateAfter: false, timeoutMs: 0 });
  });

  it('takes what clients send', () => {
    expect(
      params('since=s1_a_r1&filter=%7B%7D&full_state=true&timeout=30000&_cacheBuster=1&set_presence=offline'),
    ).toEqual({ since: 's1_a_r1', filter: '{}', fullState: true, useStateAfter: false, timeoutMs: 30_000 });
    expect(params('use_state_after=true').useStateAfter).toBe(true);
    expect(params('org.matrix.msc4222.use_state_after=true').useStateAfter).toBe(true);
  });

  it('caps the wait', () => expect(params('timeout=999999999').timeoutMs).toBe(300_000));

  it.each([
    'from=s1',
    'timeout=-1',
    'timeout=1.5',
    'timeout=x',
    'timeout=',
    'full_state=1',
    'set_presence=away',
    'use_state_after=yes',
  ])('%s is refused', (text) => {
    expect(() => params(text)).toThrow(expect.objectContaining({ kind: 'invalid', errcode: 'M_INVALID_PARAM' }));
  });
});
