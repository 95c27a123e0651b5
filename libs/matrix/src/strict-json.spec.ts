import fc from 'fast-check';

import { DEFAULT_JSON_LIMITS, parseJsonObjectStrict, parseJsonStrict } from './strict-json.js';
import { errcodeOf } from './test-room.fixture.js';

const bytes = (text: string) => Buffer.from(text);
const parse = (text: string) => parseJsonStrict(bytes(text));
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

describe('what is JSON', () => {
  it.each([
    '{"a":',
    '',
    ' ',
    '{"a":NaN}',
    '{"a":Infinity}',
    '-Infinity',
    "{'a':1}",
    '01',
    '{"a":1}}',
    '\ufeff{}',
    '"\n"',
  ])('CLI-006 CLI-010 %p is not', (text) => expect(errcodeOf(() => parse(text))).toBe('M_NOT_JSON'));

  it.each([
    [[0x22, 0xff, 0x22]],
    [[0x22, 0xc0, 0xaf, 0x22]],
    [[0x22, 0xed, 0xa0, 0x80, 0x22]],
    [[0x22, 0xe2, 0x82, 0x22]],
  ])('CLI-008 bytes %p are not UTF-8', (raw) =>
    expect(errcodeOf(() => parseJsonStrict(Uint8Array.from(raw)))).toBe('M_NOT_JSON'),
  );

  it('CLI-007 a body is an object', () => {
    for (const text of ['[]', '1', 'null', '"a"']) {
      expect(errcodeOf(() => parseJsonObjectStrict(bytes(text)))).toBe('M_BAD_JSON');
    }
    expect(parseJsonObjectStrict(bytes('{"a":1}')).value).toEqual({ a: 1 });
  });

  it('reads exactly what JSON.parse reads, also in large bodies that are not ASCII', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), fc.string({ unit: 'grapheme' }), fc.nat(400), (text, word, times) => {
        const whole = `[${text},${JSON.stringify(word.repeat(times))}]`;
        expect(parse(whole).value).toEqual(JSON.parse(whole));
      }),
    );
  });

  it('takes the last of duplicate keys', () => expect(parse('{"a":1,"b":2,"a":3}').value).toEqual({ a: 3, b: 2 }));

  it('keeps __proto__ as a key like any other', () => {
    const { value } = parse('{"__proto__":{"polluted":true}}');
    expect(Object.keys(value as object)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('reads a view into a larger buffer', () => {
    expect(parseJsonStrict(bytes('xx{"a":"é"}xx').subarray(2, -2)).value).toEqual({ a: 'é' });
  });
});

describe('nesting', () => {
  it('goes to 100 levels', () => {
    expect(() => parse(nested(100))).not.toThrow();
    expect(errcodeOf(() => parse(nested(101)))).toBe('M_BAD_JSON');
    expect(errcodeOf(() => parse('{"a":'.repeat(101) + '1' + '}'.repeat(101)))).toBe('M_BAD_JSON');
    expect(errcodeOf(() => parse(nested(10_000)))).toBe('M_BAD_JSON');
  });

  it('does not count brackets in strings, nor levels side by side', () => {
    expect(() => parse(`["${'['.repeat(500)}","\\"${'{'.repeat(500)}"]`)).not.toThrow();
    expect(() => parse(`[${'[],'.repeat(500)}[]]`)).not.toThrow();
  });
});

describe('surrogates', () => {
  it.each([
    '"\\ud800"',
    '"\\uD8FF"',
    '"\\ud900"',
    '"\\udAbc"',
    '"\\uDC00x"',
    '{"\\udbff":1}',
    '[{"a":["\\ud83d\\ud83d"]}]',
    '"\\ude00\\ud83d"',
  ])('refuses %s', (text) => expect(errcodeOf(() => parse(text))).toBe('M_BAD_JSON'));

  it('accepts pairs and what only looks like an escape', () => {
    expect(parse('"\\ud83d\\ude00"').value).toBe('😀');
    expect(parse('"\\\\ud800"').value).toBe('\\ud800');
    expect(parse('"\\ud7ff\\ue000"').value).toBe('\ud7ff\ue000');
  });
});

describe('numbers that no event may hold', () => {
  it.each([
    '1.0',
    '1.1',
    '1e3',
    '1E3',
    '0e0',
    '-0',
    '-0.0',
    '9007199254740992',
    '-9007199254740992',
    '10000000000000000',
    '1e400',
    '[[{"a":[1,0.5]}]]',
    '9'.repeat(5000),
  ])('CLI-009 %s', (text) => expect(parse(text).unsafeNumbers).toBe(true));

  it.each([
    '0',
    '-1',
    '1',
    '9007199254740991',
    '-9007199254740991',
    '999999999999999',
    '"1.5"',
    '{"1.5":"1e3"}',
    '["\\"1.5"]',
  ])('CLI-011 %s is fine', (text) => expect(parse(text).unsafeNumbers).toBe(false));

  it('agrees with the source text on any number', () => {
    fc.assert(
      fc.property(fc.oneof(fc.bigInt(-(2n ** 60n), 2n ** 60n), fc.maxSafeInteger()), (number) => {
        const isSafe =
          BigInt(number) <= 2n ** 53n - 1n && BigInt(number) >= -(2n ** 53n) + 1n && !Object.is(number, -0);
        expect(parse(`[${number}]`).unsafeNumbers).toBe(!isSafe);
      }),
    );
  });
});

describe('amounts that would hold up everybody else', () => {
  it('refuses too many keys and too many members, counting none in strings', () => {
    const limits = { ...DEFAULT_JSON_LIMITS, maxKeys: 2, maxKeyBytes: 40, maxCommas: 3 };
    expect(errcodeOf(() => parseJsonStrict(bytes('{"a":1,"b":2,"c":3}'), limits))).toBe('M_TOO_LARGE');
    expect(errcodeOf(() => parseJsonStrict(bytes('[1,2,3,4,5]'), limits))).toBe('M_TOO_LARGE');
    expect(errcodeOf(() => parseJsonStrict(bytes(`{"${'k'.repeat(40)}":1}`), limits))).toBe('M_TOO_LARGE');
    expect(parseJsonStrict(bytes(`{"${'k'.repeat(30)}":"${'v'.repeat(50)}"}`), limits).unsafeNumbers).toBe(false);
    expect(parseJsonStrict(bytes('{"a:::,,,,":1,"b":[2,3]}'), limits).value).toEqual({ 'a:::,,,,': 1, b: [2, 3] });
  });
});
