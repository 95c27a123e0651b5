import { isAscii, isUtf8, transcode } from 'node:buffer';

import type { Refusal } from '@ganglion/kernel';

import type { JsonLimits, JsonScan } from './json-scan.js';
import { scanJson } from './json-scan.js';
import { isWellFormed } from './json-values.js';
import { refuse } from './matrix.errors.js';

export type { JsonLimits };

/** With these a hostile 10 MiB body is answered within 50 ms on one core. */
export const DEFAULT_JSON_LIMITS: JsonLimits = {
  maxDepth: 100,
  maxKeys: 25_000,
  maxKeyBytes: 2 * 1024 * 1024,
  maxCommas: 200_000,
};

export interface StrictJson {
  value: unknown;
  /**
   * The text holds a number that no event may contain: a fraction or exponent (`1.0` and `1e3` too), `-0`, or an
   * integer outside ±(2^53−1). `value` has it as JavaScript rounded it.
   */
  unsafeNumbers: boolean;
}

// Below this size Buffer#toString is as quick as the detour over UTF-16.
const TRANSCODE_FROM_BYTES = 4096;

/**
 * Parses a request body. Duplicate keys: the last wins. A `__proto__` key becomes an own key like any other.
 *
 * @throws NOT_JSON   not UTF-8, or not JSON (`NaN`, `Infinity`, a byte order mark, nothing at all)
 * @throws BAD_JSON   nested too deep, or a surrogate escape without its other half
 * @throws TOO_LARGE  more keys or members than the limits allow
 */
export function parseJsonStrict(bytes: Uint8Array, limits: JsonLimits = DEFAULT_JSON_LIMITS): StrictJson {
  if (!isUtf8(bytes)) throw refuse('NOT_JSON', {}, 'Content is not UTF-8');
  const scan = scanJson(bytes, limits);
  if (scan.stop !== null) throw stopped(scan.stop);
  const value = parse(decode(bytes));
  refuseLoneSurrogates(scan, value);
  return { value, unsafeNumbers: scan.unsafeNumbers };
}

/** @throws as `parseJsonStrict`, and BAD_JSON when the value is not an object */
export function parseJsonObjectStrict(
  bytes: Uint8Array,
  limits: JsonLimits = DEFAULT_JSON_LIMITS,
): StrictJson & { value: Record<string, unknown> } {
  const parsed = parseJsonStrict(bytes, limits);
  if (typeof parsed.value !== 'object' || parsed.value === null || Array.isArray(parsed.value)) {
    throw refuse('BAD_JSON', {}, 'Content must be a JSON object');
  }
  return parsed as StrictJson & { value: Record<string, unknown> };
}

function decode(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isAscii(buffer)) return buffer.toString('latin1');
  if (buffer.length < TRANSCODE_FROM_BYTES) return buffer.toString('utf8');
  // A tenth of the time of toString('utf8') on text that is not ASCII.
  return transcode(buffer, 'utf8', 'utf16le').toString('utf16le');
}

function stopped(why: NonNullable<JsonScan['stop']>): Refusal {
  if (why === 'too-deep') return refuse('BAD_JSON', {}, 'JSON is nested too deep');
  return why === 'too-many' ? refuse('TOO_LARGE', {}, 'Too many JSON values') : refuse('NOT_JSON');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw refuse('NOT_JSON');
    throw error;
  }
}

/** Raw UTF-8 cannot hold a lone surrogate, an escape can: only then is the value walked. */
function refuseLoneSurrogates(scan: JsonScan, value: unknown): void {
  if (scan.surrogateEscapes && hasLoneSurrogate(value)) throw refuse('BAD_JSON', {}, 'Lone surrogate in a string');
}

function hasLoneSurrogate(value: unknown): boolean {
  if (typeof value === 'string') return !isWellFormed(value);
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(hasLoneSurrogate);
  return Object.entries(value).some(([key, member]) => !isWellFormed(key) || hasLoneSurrogate(member));
}
