import { Refusal } from '@ganglion/kernel';
import { Errcode, canonicalSizeBytes, isJsonObject, parseRoomId, parseUserId } from '@ganglion/matrix';

/** What may be said of any list of events. Absent: no restriction; an empty list matches nothing. */
export interface EventFilter {
  limit?: number;
  senders?: string[];
  not_senders?: string[];
  /** `*` stands for any run of characters. */
  types?: string[];
  not_types?: string[];
}

export interface RoomEventFilter extends EventFilter {
  rooms?: string[];
  not_rooms?: string[];
  contains_url?: boolean;
  lazy_load_members?: boolean;
  include_redundant_members?: boolean;
  unread_thread_notifications?: boolean;
}

export interface RoomFilter {
  rooms?: string[];
  not_rooms?: string[];
  include_leave?: boolean;
  state?: RoomEventFilter;
  timeline?: RoomEventFilter;
  account_data?: RoomEventFilter;
  ephemeral?: RoomEventFilter;
}

/** A filter as a client defined it (Client-Server API, "Filtering"); keys we do not know are left alone. */
export interface Filter {
  event_fields?: string[];
  event_format?: 'client' | 'federation';
  presence?: EventFilter;
  account_data?: EventFilter;
  room?: RoomFilter;
}

type Check = (value: unknown) => boolean;

const MAX_BYTES = 50 * 1024;
/** Each is looked for in every event of an answer. */
const MAX_EVENT_FIELDS = 100;

const isBoolean: Check = (value) => typeof value === 'boolean';
const isLimit: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const strings = listOf((value) => typeof value === 'string');
const userIds = listOf((value) => parseUserId(value) !== null);
const roomIds = listOf((value) => parseRoomId(value) !== null);
const objectOf =
  (checks: Record<string, Check>): Check =>
  (value) =>
    isJsonObject(value) &&
    Object.entries(checks).every(([key, check]) => !Object.hasOwn(value, key) || check(value[key]));

const eventChecks: Record<string, Check> = {
  limit: isLimit,
  senders: userIds,
  not_senders: userIds,
  types: strings,
  not_types: strings,
};
const roomChoice: Record<string, Check> = { rooms: roomIds, not_rooms: roomIds };
const roomEventFilter = objectOf({
  ...eventChecks,
  ...roomChoice,
  contains_url: isBoolean,
  lazy_load_members: isBoolean,
  include_redundant_members: isBoolean,
  unread_thread_notifications: isBoolean,
  related_by_senders: userIds,
  related_by_rel_types: strings,
});
const filterShape = objectOf({
  event_fields: (value) => strings(value) && (value as unknown[]).length <= MAX_EVENT_FIELDS,
  event_format: (value) => value === 'client' || value === 'federation',
  presence: objectOf(eventChecks),
  account_data: objectOf(eventChecks),
  room: objectOf({
    ...roomChoice,
    include_leave: isBoolean,
    state: roomEventFilter,
    timeline: roomEventFilter,
    account_data: roomEventFilter,
    ephemeral: roomEventFilter,
  }),
});

/** @throws BAD_FILTER (400 M_BAD_JSON): a key of the wrong type, a malformed id, more than 100 fields or 50 KiB */
export function parseFilter(value: unknown): Filter {
  if (!filterShape(value) || canonicalSizeBytes(value) > MAX_BYTES) throw badFilter();
  return value as Filter;
}

/** The filter of a single list, as `/messages` takes it. @throws BAD_FILTER */
export function parseRoomEventFilter(value: unknown): RoomEventFilter {
  if (!roomEventFilter(value) || canonicalSizeBytes(value) > MAX_BYTES) throw badFilter();
  return value as RoomEventFilter;
}

/** JSON in a query parameter. @throws FILTER_NOT_JSON (400 M_NOT_JSON) */
export function filterFromText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal('FILTER_NOT_JSON', 'invalid', 'The filter is not JSON', Errcode.NOT_JSON);
  }
}

function badFilter(): Refusal {
  return new Refusal('BAD_FILTER', 'invalid', 'Not a valid filter', Errcode.BAD_JSON);
}
