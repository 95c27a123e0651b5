import { compilePattern, UnsupportedPattern } from './pattern.js';

const matches = (source: string, id: string) => {
  const pattern = compilePattern(source);
  return id.startsWith(pattern.prefix) && pattern.matchesRest(id);
};

describe('a namespace pattern', () => {
  it.each([
    ['AS-043 is anchored at the start only', '@irc_*', '@irc_net_nick:hs.test', true],
    ['AS-043 may end before a repeated character', '@irc_*', '@ircfoo:hs.test', true],
    ['AS-044 does not begin in the middle', '_irc_', '@_irc_x:hs.test', false],
    ['AS-044 honours anchors that are written', '^@_irc_x:hs\\.test$', '@_irc_x:hs.test', true],
    ['AS-044 honours an end that is written', '^@_irc_x:hs\\.test$', '@_irc_x:hs.test.evil', false],
    ['AS-045 is case-sensitive', '@IRC_.*', '@irc_a:hs.test', false],
    ['ignores case when it says so', '(?i)@IRC_.*', '@irc_a:hs.test', true],
    ['takes a plain text', '@bob:hs.test', '@bob:hs.test', true],
    ['takes alternatives', '@a_.*|@b_.*', '@b_x:hs.test', true],
    ['takes Python’s named groups', '@(?P<net>irc|xmpp)_.*', '@xmpp_x:hs.test', true],
    ['reads an escaped dot as a dot', '@a\\.b.*', '@axb:hs.test', false],
    ['does not need what is optional', '@ab?c', '@ac', true],
    ['does not need what may be there no time', '@ab{0,3}c', '@ac', true],
  ])('%s', (_, source, id, expected) => expect(matches(source, id)).toBe(expected));

  it.each([
    ['@_irc_.*', '@_irc_'],
    ['@irc_*', '@irc'],
    ['@bot_(a|b)', '@bot_'],
    ['a|b', ''],
  ])('%s is looked for under %j', (source, prefix) => expect(compilePattern(source).prefix).toBe(prefix));

  it.each(['(?=a)b', '(?<!a)b', '(a)\\1', '(?>a)', 'a++', 'a{1,1001}', '['])('AS-017 refuses %s', (source) => {
    expect(() => compilePattern(source)).toThrow(UnsupportedPattern);
  });

  it('refuses what is too long or too large', () => {
    expect(() => compilePattern('a'.repeat(4_097))).toThrow(UnsupportedPattern);
    expect(() => compilePattern('((a{0,100}){0,100}){0,100}')).toThrow(UnsupportedPattern);
  });

  it('AS-049 stays fast on patterns made to be slow', () => {
    const id = 'a'.repeat(255);
    const pattern = compilePattern('(a+)+b');
    pattern.matchesRest(id);
    const startedMs = performance.now();
    for (let i = 0; i < 100; i++) expect(pattern.matchesRest(id)).toBe(false);
    // V8's own engine would take longer than the universe has existed; 1 ms each is the target, here with room for a busy machine.
    expect((performance.now() - startedMs) / 100).toBeLessThan(5);
  });
});
