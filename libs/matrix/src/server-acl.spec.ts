import fc from 'fast-check';

import { aclAdmits, matchesGlob } from './server-acl.js';

it.each<[boolean, string, Record<string, unknown>]>([
  [true, 'a.test', { allow: ['*'] }],
  [false, 'a.test', { allow: [] }],
  [false, 'a.test', {}],
  [false, 'a.test', { allow: '*' }],
  [false, 'a.test', { allow: ['*'], deny: ['a.test'] }],
  [false, 'A.Test:8448', { allow: ['*'], deny: ['a.tEST'] }],
  [false, 'x.a.test', { allow: ['*'], deny: ['*.a.test'] }],
  [true, 'a.test', { allow: ['*'], deny: ['*.a.test', 7] }],
  [true, '1.2.3.4:80', { allow: ['*'] }],
  [false, '1.2.3.4:80', { allow: ['*'], allow_ip_literals: false }],
  [false, '[::1]:80', { allow: ['*'], allow_ip_literals: false }],
  [true, 'a.test', { allow: ['?.test'], allow_ip_literals: false }],
])('%p for %s under %j', (expected, server, content) => expect(aclAdmits(content, server)).toBe(expected));

it('globs match as the obvious pattern does', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 12 });
  const glob = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 8 });
  fc.assert(
    fc.property(glob, text, (pattern, subject) => {
      const regex = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')}$`);
      expect(matchesGlob(pattern, subject)).toBe(regex.test(subject));
    }),
    { numRuns: 500 },
  );
});
