import type { Route } from '@ganglion/contracts';
import { parseJsonObjectStrict } from '@ganglion/matrix';
import { refuse } from '../gateway.errors.js';

export const DEFAULT_MAX_BODY_BYTES = 1_048_576;

/**
 * The body of a request as its route wants it (client-api.md §2).
 * @throws NO_BODY, UNSAFE_NUMBER, and what `parseJsonObjectStrict` throws
 */
export function bodyOf(bytes: Uint8Array, { body, strictNumbers }: Route): Record<string, unknown> {
  if (bytes.length === 0) {
    if (body === 'optional') return {};
    throw refuse('NO_BODY');
  }
  const { value, unsafeNumbers } = parseJsonObjectStrict(bytes);
  if (strictNumbers && unsafeNumbers) throw refuse('UNSAFE_NUMBER');
  return value;
}
