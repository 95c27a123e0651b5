import { Refusal } from '@ganglion/kernel';
import { RemoteError } from '@ganglion/messaging';
import { errorAnswer } from './error-answer.mapper.js';

describe('errorAnswer', () => {
  it('words a refusal with its own errcode and extra fields', () => {
    const refusal = new Refusal('X', 'unauthenticated', 'no', 'M_UNKNOWN_TOKEN', { soft_logout: true });
    const { status, body } = errorAnswer(refusal);
    expect([status, JSON.parse(body)]).toEqual([401, { errcode: 'M_UNKNOWN_TOKEN', error: 'no', soft_logout: true }]);
  });

  it.each([
    [1, '1'],
    [1_000, '1'],
    [1_001, '2'],
    [59_999, '60'],
    [0, '1'],
  ])('CLI-018 a wait of %d ms is %s s in the header', (retryAfterMs, expected) => {
    const { headers, body } = errorAnswer(
      new RemoteError(429, { errcode: 'M_LIMIT_EXCEEDED', error: 'slow', retry_after_ms: retryAfterMs }),
    );
    expect(headers).toEqual({ 'Retry-After': expected });
    expect(JSON.parse(body)).toMatchObject({ retry_after_ms: retryAfterMs });
  });

  it('says nothing of what nobody meant to throw, here or elsewhere', () => {
    for (const error of [
      new Error('password is hunter2'),
      new RemoteError(500, { errcode: 'M_X', error: 'hunter2' }),
      1,
    ]) {
      expect(errorAnswer(error)).toMatchObject({
        status: 500,
        body: '{"errcode":"M_UNKNOWN","error":"Internal server error"}',
      });
    }
    expect(errorAnswer(new Error('x')).isBug).toBe(true);
    expect(errorAnswer(new RemoteError(500, { errcode: 'M_X', error: 'x' })).isBug).toBe(false); // logged over there
  });
});
