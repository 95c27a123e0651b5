export interface JsonLimits {
  /** Deepest nesting of arrays and objects; `[[]]` is 2. */
  maxDepth: number;
  /** Most object keys in the whole text. A million keys in one object cost V8 more than a second. */
  maxKeys: number;
  /** Most bytes that all keys together take; V8 hashes every one of them. */
  maxKeyBytes: number;
  /** Most commas in the whole text. */
  maxCommas: number;
}

/** What one pass over the bytes of a JSON text tells; reliable only if the text then parses. */
export interface JsonScan {
  /** What stopped the scan before the end of the text; the rest then says nothing. */
  stop: 'not-json' | 'too-deep' | 'too-many' | null;
  /** An escape of U+D800…U+DFFF occurs; whether it has its other half is not known here. */
  surrogateEscapes: boolean;
  unsafeNumbers: boolean;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const LOWER_D = 0x64;
const LOWER_E = 0x65;
const LOWER_U = 0x75;
/** All that tells `D` from `d` and `E` from `e`. */
const CASE_BIT = 0x20;

const MAX_SAFE = '9007199254740991';

/** What a byte outside of strings begins, by its value; 0 for what the scan passes over. */
const [STRING, NUMBER, OPEN, CLOSE, COLON, COMMA] = [1, 2, 3, 4, 5, 6] as const;
const KIND = new Uint8Array(256);
for (const [kind, bytes] of Object.entries({
  [STRING]: '"',
  [NUMBER]: '-0123456789',
  [OPEN]: '[{',
  [CLOSE]: ']}',
  [COLON]: ':',
  [COMMA]: ',',
})) {
  for (const byte of Buffer.from(bytes)) KIND[byte] = Number(kind);
}

/** Linear in the length of `bytes`, without allocating. Never throws: most of what is not JSON is left to the parser. */
export function scanJson(bytes: Uint8Array, limits: JsonLimits): JsonScan {
  const scan: JsonScan = { stop: null, surrogateEscapes: false, unsafeNumbers: false };
  let [depth, keys, keyBytes, commas, lastStringBytes] = [0, 0, 0, 0, 0];
  for (let at = 0; at < bytes.length && scan.stop === null; at++) {
    switch (KIND[bytes[at]!]) {
      case STRING: {
        const start = at;
        at = endOfString(bytes, start, scan);
        lastStringBytes = at - start;
        break;
      }
      case NUMBER:
        at = endOfNumber(bytes, at, scan);
        break;
      case OPEN:
        if (++depth > limits.maxDepth) scan.stop = 'too-deep';
        break;
      case CLOSE:
        depth--;
        break;
      case COLON:
        keyBytes += lastStringBytes;
        if (isAbove(limits, ++keys, keyBytes)) scan.stop = 'too-many';
        break;
      case COMMA:
        if (++commas > limits.maxCommas) scan.stop = 'too-many';
    }
  }
  return scan;
}

function isAbove({ maxKeys, maxKeyBytes }: JsonLimits, keys: number, keyBytes: number): boolean {
  return keys > maxKeys || keyBytes > maxKeyBytes;
}

/** @returns the index of the closing quote, or the length when there is none */
function endOfString(bytes: Uint8Array, start: number, scan: JsonScan): number {
  let at = start + 1;
  for (; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) return at;
    if (byte !== BACKSLASH) continue;
    at++;
    if (bytes[at] === LOWER_U && (bytes[at + 1]! | CASE_BIT) === LOWER_D && isSurrogateDigit(bytes[at + 2])) {
      scan.surrogateEscapes = true;
    }
  }
  return at;
}

/** @returns the index of the last byte that belongs to the number */
function endOfNumber(bytes: Uint8Array, start: number, scan: JsonScan): number {
  const firstDigit = bytes[start] === MINUS ? start + 1 : start;
  let end = firstDigit;
  while (isDigit(bytes[end])) end++;
  if (end === firstDigit) scan.stop = 'not-json';
  const next = bytes[end];
  const isInteger = next !== POINT && (next === undefined || (next | CASE_BIT) !== LOWER_E);
  const isMinusZero = firstDigit > start && bytes[firstDigit] === ZERO;
  if (!isInteger || isMinusZero || !isSafeMagnitude(bytes, firstDigit, end)) scan.unsafeNumbers = true;
  return end - 1;
}

/** Whether the digits in `[start, end)` make at most 2^53−1. JSON has no leading zeros, so longer is greater. */
function isSafeMagnitude(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== MAX_SAFE.length) return end - start < MAX_SAFE.length;
  for (let i = 0; i < MAX_SAFE.length; i++) {
    const difference = bytes[start + i]! - MAX_SAFE.charCodeAt(i);
    if (difference !== 0) return difference < 0;
  }
  return true;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}

/** The second hexadecimal digit of U+D800…U+DFFF: 8, 9 or a letter. */
function isSurrogateDigit(byte: number | undefined): boolean {
  return (
    byte !== undefined && (byte === 0x38 || byte === 0x39 || ((byte | CASE_BIT) >= 0x61 && (byte | CASE_BIT) <= 0x66))
  );
}
