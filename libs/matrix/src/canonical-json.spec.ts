import fc from 'fast-check';

import { canonicalJson, canonicalSizeBytes, compareCodePoints } from './canonical-json.js';
import { errcodeOf } from './test-room.fixture.js';

/** JSON values an event may hold. */
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger().map((number) => (number === 0 ? 0 : number)),
    fc.string({ unit: 'binary' }),
    fc.array(tie('any'), { maxLength: 5 }),
    fc.dictionary(fc.string({ unit: 'binary', maxLength: 4 }), tie('any'), { maxKeys: 6, noNullPrototype: true }),
  ),
})).any;

/** Slow and obvious: sorts by lists of code points. */
function oracle(json: unknown): string {
  if (Array.isArray(json)) return `[${json.map(oracle).join(',')}]`;
  if (typeof json !== 'object' || json === null) return JSON.stringify(json);
  const points = (text: string) => [...text].map((char) => char.codePointAt(0)!);
  const entries = Object.entries(json).sort(([a], [b]) => {
    const [x, y] = [points(a), points(b)];
    const at = x.findIndex((point, i) => point !== y[i]);
    return at < 0 ? x.length - y.length : x[at]! - (y[at] ?? -1);
  });
  return `{${entries.map(([key, member]) => `${JSON.stringify(key)}:${oracle(member)}`).join(',')}}`;
}

describe('CLI-270 the examples of the specification', () => {
  it.each([
    ['{}', '{}'],
    ['{"one":1,"two":"Two"}', '{"one":1,"two":"Two"}'],
    ['{"b":"2","a":"1"}', '{"a":"1","b":"2"}'],
    [
      '{"auth":{"success":true,"mxid":"@john.doe:example.com","profile":{"display_name":"John Doe","three_pids":[{"medium":"email","address":"john.doe@example.org"},{"medium":"msisdn","address":"123456789"}]}}}',
      '{"auth":{"mxid":"@john.doe:example.com","profile":{"display_name":"John Doe","three_pids":[{"address":"john.doe@example.org","medium":"email"},{"address":"123456789","medium":"msisdn"}]},"success":true}}',
    ],
    ['{"a":"日本語"}', '{"a":"日本語"}'],
    ['{"本":2,"日":1}', '{"日":1,"本":2}'],
    ['{"a":"\\u65E5"}', '{"a":"日"}'],
    ['{"a":null}', '{"a":null}'],
  ])('%s', (text, expected) => expect(canonicalJson(JSON.parse(text))).toBe(expected));

  it('sorts U+FFFF before U+10000, unlike UTF-16 does', () => {
    expect(canonicalJson({ '\u{10000}': 1, '\uffff': 2 })).toBe('{"\uffff":2,"\u{10000}":1}');
    expect(['\u{10000}', '\uffff'].sort()).toEqual(['\u{10000}', '\uffff']);
  });

  it('escapes as shortly as JSON allows', () => {
    expect(canonicalJson('\b\t\n\f\r"\\\u0000\u001f\u007f/\u2028')).toBe(
      '"\\b\\t\\n\\f\\r\\"\\\\\\u0000\\u001f\u007f/\u2028"',
    );
  });
});

describe('what has no canonical form', () => {
  it.each([
    [0.5],
    [-0],
    [2 ** 53],
    [-(2 ** 53)],
    [NaN],
    [Infinity],
    ['\ud800'],
    ['a\udc00'],
    [{ '\ud800': 1 }],
    [undefined],
    [{ a: undefined }],
    [[1, () => 1]],
    [1n],
    [Symbol('a')],
  ])('%p is refused', (bad) => expect(errcodeOf(() => canonicalJson(bad))).toBe('M_BAD_JSON'));

  it('nesting beyond 128 is refused, not a stack overflow', () => {
    const nested = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as unknown;
    expect(canonicalJson(nested(128))).toHaveLength(256);
    expect(errcodeOf(() => canonicalJson(nested(100_000)))).toBe('M_BAD_JSON');
  });
});

describe('properties', () => {
  it('is what the slow oracle writes', () => {
    fc.assert(fc.property(value, (json) => expect(canonicalJson(json)).toBe(oracle(json))));
  });

  it('parses back to the same value', () => {
    fc.assert(fc.property(value, (json) => expect(JSON.parse(canonicalJson(json))).toEqual(json)));
  });

  it('does not depend on the order of keys', () => {
    const pairs = fc.uniqueArray(fc.tuple(fc.string({ unit: 'binary', maxLength: 3 }), fc.integer()), {
      selector: ([key]) => key,
    });
    fc.assert(
      fc.property(pairs, (entries) => {
        expect(canonicalJson(Object.fromEntries(entries))).toBe(
          canonicalJson(Object.fromEntries(entries.toReversed())),
        );
      }),
    );
  });

  it('orders strings as their UTF-8 bytes are ordered', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareCodePoints(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });
});

it('keeps own __proto__ and constructor keys', () => {
  expect(canonicalJson(JSON.parse('{"constructor":1,"__proto__":{"a":2}}'))).toBe(
    '{"__proto__":{"a":2},"constructor":1}',
  );
});

it('measures bytes', () => expect(canonicalSizeBytes({ a: 'é' })).toBe(10));
