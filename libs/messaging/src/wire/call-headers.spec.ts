import type { Requester } from '@ganglion/contracts';
import { headers as newHeaders } from '@nats-io/nats-core';
import { headersOf, readCall, readOffer, writeCall, type CallHeaders } from './call-headers.js';

const requester: Requester = {
  userId: '@jürgen\r\nx:localhost',
  authenticatedEntity: 'localhost',
  accessTokenId: null,
  deviceId: 'D',
  isGuest: false,
  isAdmin: false,
  shadowBanned: false,
  suspended: false,
  appServiceId: null,
  scope: [],
  seen: { auth: 1, moderation: 2 },
};

describe('the headers of a call', () => {
  it('arrive as they were written', () => {
    const call: CallHeaders = {
      requestId: 'r1',
      budgetMs: 1_500,
      operation: 'send_event',
      minPos: { logId: 'l:1', pos: 42 },
      principal: requester,
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      transfer: { id: '3', sizeBytes: 600_000, from: '_INBOX.x.pull.3' },
    };
    expect(readCall(writeCall(call))).toEqual(call);
  });

  it('may be absent: then the caller waits ten seconds', () => {
    expect(readCall(undefined)).toMatchObject({ requestId: 'none', budgetMs: 10_000, operation: undefined });
  });

  it('make no call fail, whatever they hold', () => {
    const odd = newHeaders();
    for (const [name, value] of [
      ['budget-ms', 'soon'],
      ['min-pos', 'x'],
      ['principal', '{'],
      ['transfer', '1 -5 x'],
    ]) {
      odd.append(name!, value!);
    }
    expect(readCall(odd)).toMatchObject({ budgetMs: 0, minPos: undefined, principal: undefined, transfer: undefined });
  });
});

it('never let a value begin another header', () => {
  expect(() => headersOf({ 'req-id': 'r\r\nerr-status: 200' })).toThrow(/line break/);
});

it.each([undefined, '', '1', '1 2', '1 two x', '1 99999999999999999999 x'])('%j announces no transfer', (text) => {
  expect(readOffer(text)).toBeUndefined();
});
