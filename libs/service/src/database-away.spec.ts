import { isDatabaseAway } from '@ganglion/event-store';
import { lastValueFrom, throwError } from 'rxjs';
import { DatabaseError } from 'pg';
import { DatabaseAwayInterceptor } from './database-away.js';

const databaseError = (code: string) => Object.assign(new DatabaseError('x', 1, 'error'), { code });
const networkError = (code: string) => Object.assign(new Error('x'), { code });

describe('isDatabaseAway', () => {
  it.each([
    databaseError('57P01'),
    databaseError('57P03'),
    databaseError('08006'),
    databaseError('53300'),
    networkError('ECONNREFUSED'),
    networkError('ECONNRESET'),
    new Error('Connection terminated unexpectedly'),
  ])('%o', (error) => expect(isDatabaseAway(error)).toBe(true));

  it.each([databaseError('22021'), databaseError('23505'), new TypeError('x is not a function'), 'text', null])(
    'not %o',
    (error) => expect(isDatabaseAway(error)).toBe(false),
  );
});

describe('DatabaseAwayInterceptor', () => {
  const answered = (error: unknown) =>
    lastValueFrom(new DatabaseAwayInterceptor().intercept(null as never, { handle: () => throwError(() => error) }));

  it('makes 503 of a database that is away', async () => {
    await expect(answered(networkError('ECONNREFUSED'))).rejects.toMatchObject({
      kind: 'unavailable',
      details: { retry_after_ms: 1_000 },
    });
  });

  it('leaves a bug a bug', async () => {
    const bug = new TypeError('x');
    await expect(answered(bug)).rejects.toBe(bug);
  });
});
