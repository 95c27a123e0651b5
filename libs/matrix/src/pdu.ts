export type Membership = 'join' | 'invite' | 'leave' | 'ban' | 'knock';

/** A persistent data unit as stored: reaches hashing and signing unchanged. */
export interface Pdu {
  type: string;
  sender: string;
  /** Absent on a version-12 create event only. */
  room_id?: string;
  state_key?: string;
  content: Record<string, unknown>;
  /** ms since the Unix epoch, by the clock of the sender's server; not part of any order. */
  origin_server_ts: number;
  /** 1 for the create event, one more than the highest of `prev_events` after it, at most 2^53−1. */
  depth: number;
  prev_events: string[];
  auth_events: string[];
  /** Unpadded standard base64. */
  hashes: { sha256: string };
  /** server name → key id → unpadded standard base64. */
  signatures?: Record<string, Record<string, string>>;
  /** Top level only below room version 11. */
  redacts?: string;
  /** What is worth persisting; the rest of `unsigned` is made when the event is served. */
  unsigned?: Record<string, unknown>;
}

/** The state of a room at one point, by type and state key. */
export interface RoomState {
  get(type: string, stateKey: string): Pdu | undefined;
}

/** `[type, state key]` of one piece of state. */
export type StateKeyPair = readonly [type: string, stateKey: string];
