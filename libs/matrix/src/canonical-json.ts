import { isWellFormed } from './json-values.js';
import { refuse } from './matrix.errors.js';

/** Deeper than any accepted request body plus the event around it, shallow enough for the stack. */
const MAX_DEPTH = 128;

// Characters that need an escape or a closer look. Everything else can be quoted as it stands.
// oxlint-disable-next-line no-control-regex -- control characters are what must be escaped
const SPECIAL = /["\\\u0000-\u001f\ud800-\udfff]/;
const SURROGATE = /[\ud800-\udfff]/;

/**
 * The one text that stands for a JSON value when it is hashed or signed: no spaces, keys sorted by Unicode code
 * point, shortest escapes, integers only.
 *
 * @throws BAD_JSON  a number that is not an integer in ±(2^53−1), −0, a lone surrogate, `undefined`, a function,
 *                   a bigint, a symbol, or nesting beyond 128
 * @see    Matrix specification, Appendices, "Canonical JSON"
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0);
}

/** Size in bytes of the canonical JSON, the measure of the event limits. */
export function canonicalSizeBytes(value: unknown): number {
  return Buffer.byteLength(canonicalJson(value));
}

function write(value: unknown, depth: number): string {
  if (typeof value === 'string') return writeString(value);
  if (typeof value === 'number') return writeNumber(value);
  if (value === null) return 'null';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value !== 'object') throw refuse('BAD_JSON', {}, 'Not a JSON value');
  if (depth === MAX_DEPTH) throw refuse('BAD_JSON', {}, 'JSON is nested too deep');
  return Array.isArray(value) ? writeArray(value, depth) : writeObject(value as Record<string, unknown>, depth);
}

function writeArray(values: unknown[], depth: number): string {
  let out = '[';
  for (let i = 0; i < values.length; i++) out += (i === 0 ? '' : ',') + write(values[i], depth + 1);
  return out + ']';
}

function writeObject(object: Record<string, unknown>, depth: number): string {
  const keys = sortByCodePoint(Object.keys(object));
  let out = '{';
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    out += (i === 0 ? '' : ',') + writeString(key) + ':' + write(object[key], depth + 1);
  }
  return out + '}';
}

function writeString(text: string): string {
  if (!SPECIAL.test(text)) return `"${text}"`;
  if (!isWellFormed(text)) throw refuse('BAD_JSON', {}, 'Lone surrogate in a string');
  return JSON.stringify(text);
}

function writeNumber(value: number): string {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
    throw refuse('BAD_JSON', {}, 'Numbers must be integers between -(2^53-1) and 2^53-1');
  }
  return String(value);
}

/** Sorts in place. The built-in order, by UTF-16 unit, differs only where a surrogate meets U+E000…U+FFFF. */
function sortByCodePoint(keys: string[]): string[] {
  if (keys.length < 2) return keys;
  return keys.some((key) => SURROGATE.test(key)) ? keys.sort(compareCodePoints) : keys.sort();
}

/** Order of two strings by Unicode code point, which is also the order of their UTF-8 bytes. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return aboveBasicPlane(x) === aboveBasicPlane(y) ? x - y : aboveBasicPlane(x) ? 1 : -1;
  }
  return a.length - b.length;
}

function aboveBasicPlane(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
