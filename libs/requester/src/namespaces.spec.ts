import { RE2JS } from 're2js';
import { literalStart, prefixMatcher } from './namespaces.js';

describe('prefixMatcher', () => {
  const ids = [
    '@a1',
    '@😀😀',
    '@as_kermit:test',
    '@as:test',
    '@irc_joe:test',
    '@irc.joe:test',
    '@ircxjoe:test',
    '@other:test',
    '',
  ];

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
    '@a\\d',
    '@😀+',
    '@\ud83d',
    '@\ud83d.*',
  ])('%s means with the short cut what it means without', (regex) => {
    const matches = prefixMatcher(regex);
    const plain = RE2JS.compile(regex);
    for (const id of ids) expect([id, matches(id)]).toEqual([id, plain.matcher(id).lookingAt()]);
  });

  it.each([
    ['@irc\\.net_.*', '@irc.net_', '.*'],
    ['^@_irc_x:hs\\.test$', '@_irc_x:hs.test', '$'],
    ['@as_*', '@as', '_*'],
    ['@a|@b', '', '@a|@b'],
    ['@bot_(a|b)', '@bot_', '(a|b)'],
    ['@é.*', '@é', '.*'],
    ['@😀+', '@', '😀+'],
    ['a\\d', 'a', '\\d'],
    ['', '', ''],
  ])('%s begins with %j', (regex, literal, rest) => expect(literalStart(regex)).toEqual({ literal, rest }));

  it('takes linear time on expressions that stall others', () => {
    const matches = prefixMatcher('(a+)+$');
    expect(matches(`${'a'.repeat(50_000)}!`)).toBe(false);
  });

  it('refuses what is no expression', () => {
    expect(() => prefixMatcher('@as_(')).toThrow();
  });
});
