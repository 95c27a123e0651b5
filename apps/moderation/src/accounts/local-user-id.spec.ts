import { localUserId } from './local-user-id.js';

describe('localUserId', () => {
  it('takes ids of this server', () => expect(localUserId('@a:test', 'test')).toBe('@a:test'));
  it('takes a server name with a port', () => expect(localUserId('@a:test:8448', 'test:8448')).toBe('@a:test:8448'));
  it.each(['a:test', '@:test', '@a', '@a:other', '', '@a\0:test', `@${'a'.repeat(255)}:test`])('refuses %j', (id) => {
    expect(() => localUserId(id, 'test')).toThrow('Not a user id of this server');
  });
});
