import { refuse } from '../auth.errors.js';

/** What a request brings to confirm itself. Undefined: nothing. @throws BAD_JSON */
export function authOf({ auth }: Record<string, unknown>): Record<string, unknown> | undefined {
  if (auth === undefined || auth === null) return undefined;
  if (typeof auth !== 'object' || Array.isArray(auth)) throw refuse('BAD_JSON', {}, 'auth must be an object');
  return auth as Record<string, unknown>;
}
