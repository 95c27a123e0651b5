import type { EventFilter, RoomEventFilter } from './filter.js';

/** Lists of filters, made ready once: a filter may be long, and every event of an answer is held against it. */
const sets = new WeakMap<readonly string[], ReadonlySet<string>>();
const patterns = new WeakMap<readonly string[], readonly (readonly string[])[]>();

/** Whether a list may hold this event. `not_` lists win over the others. */
export function matches(
  filter: (EventFilter & Pick<RoomEventFilter, 'contains_url'>) | undefined,
  event: { type: string; sender: string; content: Record<string, unknown> },
): boolean {
  if (!filter) return true;
  const { senders, not_senders, types, not_types, contains_url } = filter;
  if (not_senders && setOf(not_senders).has(event.sender)) return false;
  if (not_types && matchesAny(not_types, event.type)) return false;
  if (senders && !setOf(senders).has(event.sender)) return false;
  if (types && !matchesAny(types, event.type)) return false;
  return contains_url === undefined || contains_url === (typeof event.content['url'] === 'string');
}

/** Whether a filter lets anything of this room through. */
export function selectsRoom(filter: { rooms?: string[]; not_rooms?: string[] } | undefined, roomId: string): boolean {
  if (!filter) return true;
  return !filter.not_rooms?.includes(roomId) && (filter.rooms === undefined || filter.rooms.includes(roomId));
}

/** Whether the filter can refuse an event at all; if not, nobody need look. */
export function letsAllThrough(filter: RoomEventFilter | undefined): boolean {
  if (!filter) return true;
  const { senders, not_senders, types, not_types, contains_url } = filter;
  return !senders && !types && !not_senders?.length && !not_types?.length && contains_url === undefined;
}

/** `*` stands for any run of characters. */
export function matchesType(pattern: string, type: string): boolean {
  return matchesPieces(piecesOf(pattern), type);
}

function matchesAny(list: readonly string[], type: string): boolean {
  let pieces = patterns.get(list);
  if (!pieces) patterns.set(list, (pieces = list.map(piecesOf)));
  return pieces.some((pattern) => matchesPieces(pattern, type));
}

/** What stands between the stars; several stars in a row are one. */
function piecesOf(pattern: string): string[] {
  return pattern.replace(/\*+/g, '*').split('*');
}

/** Each piece is searched for once, from left to right; at most as many as the type has characters. */
function matchesPieces(pieces: readonly string[], type: string): boolean {
  const [head, last] = [pieces[0]!, pieces.at(-1)!];
  if (pieces.length === 1) return head === type;
  if (!type.startsWith(head)) return false;
  let at = head.length;
  for (let i = 1; i < pieces.length - 1; i++) {
    const found = type.indexOf(pieces[i]!, at);
    if (found < 0) return false;
    at = found + pieces[i]!.length;
  }
  return type.length - last.length >= at && type.endsWith(last);
}

function setOf(list: readonly string[]): ReadonlySet<string> {
  let set = sets.get(list);
  if (!set) sets.set(list, (set = new Set(list)));
  return set;
}
