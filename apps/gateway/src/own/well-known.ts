import { json } from '../edge/answer.js';
import type { LocalHandler } from '../edge/client-call.js';
import { refuse } from '../gateway.errors.js';

/** Client-api.md EP 1: 404 unless a base URL is configured. */
export function wellKnownClient(baseUrl: string | null): LocalHandler {
  if (baseUrl === null) {
    return () => {
      throw refuse('NO_BASEURL');
    };
  }
  const answer = json({ 'm.homeserver': { base_url: baseUrl } });
  return () => answer;
}
