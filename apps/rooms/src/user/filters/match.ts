import type { EventFilter, RoomEventFilter } from './filter.js';

/** Whether a list may hold this event. `not_` lists win over the others. */
export function matches(
  filter: (EventFilter & Pick<RoomEventFilter, 'contains_url'>) | undefined,
  event: { type: string; sender: string; content: Record<string, unknown> },
): boolean {
  if (!filter) return true;
  const { senders, not_senders, types, not_types, contains_url } = filter;
  if (not_senders?.includes(event.sender) || not_types?.some((pattern) => matchesType(pattern, event.type)))
    return false;
  if (senders && !senders.includes(event.sender)) return false;
  if (types && !types.some((pattern) => matchesType(pattern, event.type))) return false;
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

/** `*` stands for any run of characters. Linear in the length of both: each piece is searched for once, from left to right. */
export function matchesType(pattern: string, type: string): boolean {
  const [head, ...rest] = pattern.split('*') as [string, ...string[]];
  const tail = rest.pop();
  if (tail === undefined) return pattern === type;
  if (!type.startsWith(head)) return false;
  let at = head.length;
  for (const piece of rest) {
    const found = type.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return type.length - tail.length >= at && type.endsWith(tail);
}
