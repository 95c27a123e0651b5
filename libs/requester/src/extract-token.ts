import type { Refusal } from '@ganglion/kernel';
import type { RequestFacts, ResolveOptions } from './resolve.types.js';
import { refusals } from './requester.errors.js';

const BEARER = /^bearer ([^ ]+)$/i;

/** Auth.md §4.1: the one token of a request, exactly as sent. */
export function extractToken(
  { authorization, query }: Pick<RequestFacts, 'authorization' | 'query'>,
  { allowQueryAccessToken }: Pick<ResolveOptions, 'allowQueryAccessToken'>,
): string | Refusal {
  const inQuery = query['access_token'];
  if (authorization.length > 0) {
    if (inQuery !== undefined || authorization.length > 1) return refusals.tokenMissing;
    return BEARER.exec(authorization[0]!)?.[1] ?? refusals.tokenMissing;
  }
  const token = allowQueryAccessToken ? inQuery?.[0] : undefined;
  return token === undefined || token === '' ? refusals.tokenMissing : token;
}

/** Did the client send anything that means to be a token? */
export function hasAccessToken({ authorization, query }: Pick<RequestFacts, 'authorization' | 'query'>): boolean {
  return authorization.length > 0 || query['access_token'] !== undefined;
}
