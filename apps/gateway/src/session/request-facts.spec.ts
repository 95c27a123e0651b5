import { authorizationOf, forwardedForOf, userAgentOf } from './request-facts.js';

describe('what a request says of itself', () => {
  it('every Authorization header counts', () => {
    const raw = ['Host', 'x', 'Authorization', 'Bearer a', 'authorization', 'Bearer b'];
    expect(authorizationOf({ authorization: 'Bearer a' }, raw)).toEqual(['Bearer a', 'Bearer b']);
    expect(authorizationOf({}, ['Host', 'x'])).toEqual([]);
    expect(authorizationOf({ authorization: '' }, ['Authorization', ''])).toEqual(['']);
  });

  it('the last User-Agent is taken', () => {
    expect(userAgentOf({ 'user-agent': 'a' }, ['User-Agent', 'a', 'user-agent', 'b'])).toBe('b');
    expect(userAgentOf({}, [])).toBe('');
  });

  it('several X-Forwarded-For are one list', () => {
    expect(forwardedForOf({ 'x-forwarded-for': '1.1.1.1, 2.2.2.2' })).toBe('1.1.1.1, 2.2.2.2');
    expect(forwardedForOf({ 'x-forwarded-for': ['1.1.1.1', '2.2.2.2'] })).toBe('1.1.1.1,2.2.2.2');
    expect(forwardedForOf({})).toBeUndefined();
  });
});
