import { createLogger } from './logger.js';

describe('createLogger', () => {
  const logged = (value: object): string => {
    let line = '';
    createLogger('auth', 'info', { write: (text: string) => void (line += text) }).info(value, 'hello');
    return line;
  };

  it('names the service and keeps what is harmless', () => {
    expect(JSON.parse(logged({ reqId: 'r1' }))).toMatchObject({ service: 'auth', reqId: 'r1', msg: 'hello' });
  });

  it.each([
    { password: 'hunter2' },
    { body: { password: 'hunter2' } },
    { req: { headers: { authorization: 'Bearer hunter2' } } },
    { a: { b: { c: { access_token: 'hunter2' } } } },
  ])('never shows a secret: %j', (value) => {
    expect(logged(value)).not.toContain('hunter2');
  });
});
