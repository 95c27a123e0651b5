import { anchorsOf, anchorText } from './anchors.js';
import { describeVerified } from './events-verify.js';

const link = 'ab'.repeat(32);

describe('anchors on the command line', () => {
  it('are read as they were printed', () => {
    expect(anchorsOf([anchorText('auth', { head: 7, link })], ['auth'])).toEqual([{ service: 'auth', pos: 7, link }]);
  });

  it.each([`auth:7:${link.slice(2)}`, `auth:-1:${link}`, `gateway:7:${link}`, `toString:7:${link}`, `auth:7`, ''])(
    'are refused when they are none: %s',
    (text) => expect(() => anchorsOf([text], ['auth'])).toThrow('An anchor looks like'),
  );

  it('are refused when their log is not looked at', () => {
    expect(() => anchorsOf([anchorText('rooms', { head: 7, link })], ['auth'])).toThrow('rooms');
  });
});

describe('the report on verified logs', () => {
  const good = {
    service: 'auth' as const,
    events: 1_234,
    head: 1_234,
    link,
    anchor: `auth:1234:${link}`,
    finding: null,
  };

  it('gives the anchor to keep', () => {
    const lines = describeVerified([good]).join('\n');
    expect(lines).toContain(`ok  auth  1,234 events, anchor auth:1234:${link}`);
    expect(lines).toContain('--anchor');
  });

  it('names the position, and what to do', () => {
    const finding = (fault: 'changed' | 'version' | 'rewritten') => ({ pos: 17, fault, detail: 'something is wrong' });
    const shown = (fault: Parameters<typeof finding>[0]) =>
      describeVerified([good, { ...good, service: 'rooms', finding: finding(fault) }]).join('\n');
    expect(shown('changed')).toMatch(/BAD\s+rooms\s+position 17: something is wrong/);
    expect(shown('changed')).toContain('→ something else than the service has written');
    expect(shown('version')).toContain('a defect of Ganglion');
    expect(shown('rewritten')).toContain('older than the anchor');
    expect(shown('changed')).toContain('1 of 2 log(s)');
  });
});
