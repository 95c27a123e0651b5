import { isJsonObject, isWellFormed, own, ownString } from './json-values.js';

const parsed = JSON.parse('{"a":"x","__proto__":{"b":"y"},"n":null}') as unknown;

it('reads own keys only', () => {
  expect(own(parsed, 'a')).toBe('x');
  expect(own(parsed, '__proto__')).toEqual({ b: 'y' });
  expect(own(parsed, 'b')).toBeUndefined();
  expect(own({}, 'constructor')).toBeUndefined();
  expect(own({}, '__proto__')).toBeUndefined();
});

it.each([undefined, null, 'text', 7, ['x']])('%j has no keys', (value) => {
  expect(isJsonObject(value)).toBe(false);
  expect(own(value, 'length')).toBeUndefined();
  expect(own(value, '0')).toBeUndefined();
});

it('reads strings and nothing else as strings', () => {
  expect(ownString(parsed, 'a')).toBe('x');
  expect(ownString(parsed, 'n')).toBeUndefined();
});

it('knows text that UTF-8 can carry', () => {
  for (const text of ['', 'a', 'é', '\ud83d\ude00', '\ud7ff\ue000']) expect(isWellFormed(text)).toBe(true);
  for (const text of ['\ud800', '\udfffx', 'a\ude00\ud83d', '\ud83d\ud83d\ude00'])
    expect(isWellFormed(text)).toBe(false);
});
