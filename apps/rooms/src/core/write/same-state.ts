import { canonicalJson } from '@ganglion/matrix';
import type { Room } from '../room.js';
import type { StateEntry } from '../state-map.js';
import type { Draft } from './accept.js';

/** The event that already says what this draft says, by the same sender; null when it would change something. */
export function sameState({ state }: Room, { type, stateKey, sender, content }: Draft): StateEntry | null {
  const current = stateKey === undefined ? undefined : state.entry(type, stateKey);
  if (!current || current.pdu.sender !== sender) return null;
  return canonicalJson(current.pdu.content) === canonicalJson(content) ? current : null;
}
