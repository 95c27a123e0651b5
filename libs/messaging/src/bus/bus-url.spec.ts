import { parseBusUrl } from './bus-url.js';

describe('parseBusUrl', () => {
  it.each([
    ['nats://127.0.0.1:4222', { servers: ['127.0.0.1:4222'], tls: false }],
    ['127.0.0.1', { servers: ['127.0.0.1:4222'], tls: false }],
    ['nats://[::1]:5222', { servers: ['[::1]:5222'], tls: false }],
    ['nats://bob:p%40ss@a:1,nats://b:2', { servers: ['a:1', 'b:2'], tls: false, user: 'bob', pass: 'p@ss' }],
    ['tls://s3cret@nats.example.org', { servers: ['nats.example.org:4222'], tls: true, token: 's3cret' }],
  ])('reads %s', (text, target) => {
    expect(parseBusUrl(text)).toEqual(target);
  });

  it.each(['', ' , ', 'http://hunter2@x', 'nats://bob:hunter2@', 'nats://bob:hunter2@a b'])(
    'refuses %j without showing it',
    (text) => {
      expect(() => parseBusUrl(text)).toThrow(/NATS URL/);
      expect(() => parseBusUrl(text)).not.toThrow(/hunter2/);
    },
  );
});
