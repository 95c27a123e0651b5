import { Refusal } from '@ganglion/kernel';
import { BadRequestException, InternalServerErrorException } from '@nestjs/common';
import { RpcException } from '@nestjs/microservices';
import { errorBodyOf, RemoteError, statusOf } from './errors.js';
import { wireErrorOf } from './wire-error.js';

describe('a refusal', () => {
  it.each([
    ['invalid', 400, 'M_INVALID_PARAM'],
    ['unauthenticated', 401, 'M_UNKNOWN_TOKEN'],
    ['forbidden', 403, 'M_FORBIDDEN'],
    ['not-found', 404, 'M_NOT_FOUND'],
    ['wrong-method', 405, 'M_UNRECOGNIZED'],
    ['conflict', 409, 'M_UNKNOWN'],
    ['too-large', 413, 'M_TOO_LARGE'],
    ['limited', 429, 'M_LIMIT_EXCEEDED'],
    ['unavailable', 503, 'M_UNKNOWN'],
    ['timeout', 504, 'M_UNKNOWN'],
  ] as const)('of kind %s is %i %s', (kind, status, errcode) => {
    expect(statusOf(kind)).toBe(status);
    expect(errorBodyOf(new Refusal('X', kind, 'no'))).toMatchObject({ errcode, error: 'no' });
  });

  it.each(['limited', 'unavailable'] as const)(
    'of kind %s says when to come back, even if its maker did not',
    (kind) => {
      expect(errorBodyOf(new Refusal('X', kind, 'no')).retry_after_ms).toBe(1_000);
      expect(errorBodyOf(new Refusal('X', kind, 'no', undefined, { retry_after_ms: 7 })).retry_after_ms).toBe(7);
    },
  );

  it('keeps its own errcode and details', () => {
    const refusal = new Refusal('X', 'unauthenticated', 'gone', 'M_UNKNOWN_TOKEN', { soft_logout: true });
    expect(errorBodyOf(refusal)).toEqual({ errcode: 'M_UNKNOWN_TOKEN', error: 'gone', soft_logout: true });
  });
});

describe('what a caller is told of something thrown', () => {
  it('is status and body of a refusal', () => {
    const told = wireErrorOf(new Refusal('X', 'conflict', 'taken', 'M_USER_IN_USE'), 'r1');
    expect(told).toEqual({ status: 409, body: { errcode: 'M_USER_IN_USE', error: 'taken' }, bug: false });
  });

  it('is what a third service answered, unchanged', () => {
    const body = { errcode: 'M_RESOURCE_LIMIT_EXCEEDED', error: 'full', limit_type: 'monthly_active_user' };
    expect(wireErrorOf(new RemoteError(403, body), 'r1')).toEqual({ status: 403, body, bug: false });
  });

  it('is 403 when a guard of Nest said no', () => {
    expect(wireErrorOf(new RpcException('Forbidden resource'), 'r1')).toMatchObject({
      status: 403,
      body: { errcode: 'M_FORBIDDEN' },
    });
  });

  it('is 400 when a pipe of Nest refused the input', () => {
    expect(wireErrorOf(new BadRequestException('not a number'), 'r1')).toEqual({
      status: 400,
      body: { errcode: 'M_INVALID_PARAM', error: 'not a number' },
      bug: false,
    });
  });

  it.each([
    new Error('password=hunter2'),
    new RpcException('table users'),
    new InternalServerErrorException('at db.ts:12'),
    { status: 'error' },
    undefined,
  ])('is the request id and nothing else of a bug: %p', (thrown) => {
    expect(wireErrorOf(thrown, 'r1')).toEqual({
      status: 500,
      body: { errcode: 'M_UNKNOWN', error: 'Internal server error', 'io.ganglion.request_id': 'r1' },
      bug: true,
    });
  });
});
