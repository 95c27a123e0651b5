import { RE2JS } from 're2js';
import { literalStart, prefixMatcher } from './namespaces.js';

describe('prefixMatcher', () => {
  const ids = ['@as_kermit:test', '@as:test', '@irc_joe:test', '@irc.joe:test', '@ircxjoe:test', '@other:test', ''];

  it.each([
    '@as_*',
    '@as_.*',
    '@irc_.*',
    '@irc\\.joe',
    '^@irc_',
    '@(as|irc)_.*',
    '@as_.*|@other.*',
    '@irc[_.].*',
    '@irc.+:test$',
    '(?i)@IRC_.*',
    '',
    '.*',
    '@a{1}s',
    '@ir?c_',
    '@irc_\\w+:test',
    '[|(]@|@other',
    '\\Q(\\E|@other',
  ])('%s means with the short cut what it means without', (regex) => {
    const matches = prefixMatcher(regex);
    const plain = RE2JS.compile(regex);
    for (const id of ids) expect([id, matches(id)]).toEqual([id, plain.matcher(id).lookingAt()]);
  });

  it('finds the literal beginning', () => {
    expect(literalStart('@irc\\.net_.*')).toEqual({ literal: '@irc.net_', rest: '.*' });
    expect(literalStart('@as_*')).toEqual({ literal: '@as', rest: '_*' });
    expect(literalStart('@a|@b').literal).toBe('');
    expect(literalStart('@bot_(a|b)').literal).toBe('@bot_');
  });

  it('takes linear time on expressions that stall others', () => {
    const matches = prefixMatcher('(a+)+$');
    expect(matches(`${'a'.repeat(50_000)}!`)).toBe(false);
  });

  it('refuses what is no expression', () => {
    expect(() => prefixMatcher('@as_(')).toThrow();
  });
});
