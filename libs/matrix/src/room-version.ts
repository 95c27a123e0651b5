import { refuse } from './matrix.errors.js';

export type RoomVersionId = '10' | '11' | '12';

/** What differs between the room versions; everything else is common to all that are supported. */
export interface RoomVersion {
  readonly id: RoomVersionId;
  readonly stability: 'stable' | 'unstable';
  /** The room id is the hash of the create event, which therefore carries none and stands in no `auth_events`. */
  readonly roomIdIsCreateHash: boolean;
  /** The sender of the create event and its `additional_creators` stand above all power levels. */
  readonly creatorsHaveInfinitePower: boolean;
  /** Redaction keeps more content and fewer top-level keys. */
  readonly redactionTable: 'v9' | 'v11';
  /** `creator` stands in the create content; otherwise it is the sender. */
  readonly creatorInContent: boolean;
  /** `redacts` stands in the content; otherwise at the top level. */
  readonly redactsInContent: boolean;
  readonly stateResolution: '2' | '2.1';
}

const V10: RoomVersion = Object.freeze({
  id: '10',
  stability: 'stable',
  roomIdIsCreateHash: false,
  creatorsHaveInfinitePower: false,
  redactionTable: 'v9',
  creatorInContent: true,
  redactsInContent: false,
  stateResolution: '2',
});

const V11: RoomVersion = Object.freeze({
  ...V10,
  id: '11',
  redactionTable: 'v11',
  creatorInContent: false,
  redactsInContent: true,
});

const V12: RoomVersion = Object.freeze({
  ...V11,
  id: '12',
  roomIdIsCreateHash: true,
  creatorsHaveInfinitePower: true,
  stateResolution: '2.1',
});

export const ROOM_VERSIONS: Readonly<Record<RoomVersionId, RoomVersion>> = Object.freeze({ 10: V10, 11: V11, 12: V12 });

/** What a server offers unless its configuration says otherwise. */
export const DEFAULT_ROOM_VERSION: RoomVersionId = '11';

/** The descriptor, or null for a version this server does not know. */
export function roomVersion(id: string): RoomVersion | null {
  return Object.hasOwn(ROOM_VERSIONS, id) ? ROOM_VERSIONS[id as RoomVersionId] : null;
}

/**
 * @param id  as a client sent it
 * @throws BAD_JSON                  not a string
 * @throws ROOM_VERSION_UNSUPPORTED  unknown
 */
export function requireRoomVersion(id: unknown): RoomVersion {
  if (typeof id !== 'string') throw refuse('BAD_JSON', {}, 'room_version must be a string');
  const version = roomVersion(id);
  if (version === null) throw refuse('ROOM_VERSION_UNSUPPORTED');
  return version;
}

/** The `m.room_versions` capability. */
export function roomVersionsCapability(defaultId: RoomVersionId = DEFAULT_ROOM_VERSION): {
  default: string;
  available: Record<string, string>;
} {
  const available = Object.values(ROOM_VERSIONS).map(({ id, stability }) => [id, stability]);
  return { default: defaultId, available: Object.fromEntries(available) };
}
