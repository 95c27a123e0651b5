import { classify } from './outcome.js';

const NOW_MS = 1_700_000_000_000;
const of = (status: number, body: string | null = '{}', retryAfter?: string) =>
  classify({ status, body, retryAfter }, NOW_MS);

describe('the class of an answer', () => {
  it.each([
    [200, '{}'],
    [200, ''],
    [204, ''],
    [201, '{}'],
    [200, '  \n'],
  ])('AS-151 HTTP %i with body %j acknowledges', (status, body) => expect(of(status, body)).toEqual({ ok: true }));

  it.each([
    [200, '<html>', 'bad_body'],
    [200, null, 'bad_body'],
    [302, '', 'redirect'],
    [401, '{}', 'auth'],
    [403, '{}', 'auth'],
    [404, '', 'unknown_route'],
    [405, '', 'unknown_route'],
    [413, '', 'too_large'],
    [400, '{}', 'rejected'],
    [418, '{}', 'rejected'],
    [429, '{}', 'throttled'],
    [500, '{}', 'server_error'],
    [503, null, 'server_error'],
  ])('AS-150 HTTP %i with body %j is %s', (status, body, expected) => {
    expect(of(status, body)).toMatchObject({ ok: false, class: expected });
  });

  it.each([
    ['20', 20_000],
    [new Date(NOW_MS + 5_000).toUTCString(), 5_000],
    [new Date(NOW_MS - 5_000).toUTCString(), 0],
    ['soon', 0],
    [undefined, 0],
  ])('AS-150 waits as long as Retry-After: %s says', (header, retryAfterMs) => {
    expect(of(429, '{}', header)).toMatchObject({ class: 'throttled', retryAfterMs });
  });

  it('never repeats what the appservice said', () => {
    expect(JSON.stringify(of(500, 'Bearer H1-secret'))).not.toContain('H1');
  });
});
