import { routes, type Route } from '@ganglion/contracts';
import { bodyOf } from './body-rules.js';

const bytes = (text: string) => Buffer.from(text);
const errcode = (text: string | Buffer, route: Route) => {
  try {
    bodyOf(Buffer.from(text), route);
    return 'no error';
  } catch (error) {
    return (error as { errcode: string }).errcode;
  }
};

describe('bodyOf', () => {
  it('CLI-013 CLI-014 an absent body is an object only where the route says so', () => {
    expect(bodyOf(bytes(''), routes.leave)).toEqual({});
    expect(errcode('', routes.createFilter)).toBe('M_NOT_JSON');
  });

  it.each([
    ['CLI-006', '{"a":', 'M_NOT_JSON'],
    ['CLI-007', '[]', 'M_BAD_JSON'],
    ['a word', '"x"', 'M_BAD_JSON'],
    ['null', 'null', 'M_BAD_JSON'],
    ['white space', '  ', 'M_NOT_JSON'],
    ['CLI-010', '{"body":Infinity}', 'M_NOT_JSON'],
    ['too deep', `${'{"a":'.repeat(101)}1${'}'.repeat(101)}`, 'M_BAD_JSON'],
  ])('%s', (_, text, expected) => expect(errcode(text, routes.createRoom)).toBe(expected));

  it('CLI-008 bytes that are not UTF-8', () => {
    expect(errcode(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), routes.sendEvent)).toBe('M_NOT_JSON');
  });

  it.each(['1.1', '9007199254740992', '-9007199254740992', '1e3'])('CLI-009 %s has no place in an event', (number) => {
    expect(errcode(`{"body":${number}}`, routes.sendEvent)).toBe('M_BAD_JSON');
    expect(errcode(`{"body":${number}}`, routes.createFilter)).toBe('no error');
  });

  it('CLI-011 the largest integer arrives as it was', () => {
    expect(bodyOf(bytes('{"n":9007199254740991}'), routes.sendEvent)).toEqual({ n: 9007199254740991 });
  });
});
