import type { Event } from '@ganglion/kernel';
import type { Membership, Pdu } from '@ganglion/matrix';

export type { Membership, Pdu };

/** One accepted room event. The rooms log is the one position sequence of events, memberships and aliases (appservice.md ). */
export type EventPersisted = Event<
  'event.persisted',
  {
    roomId: string;
    roomVersion: string;
    eventId: string;
    pdu: Pdu;
    receivedTs: number;
    /** Version of the room after this event, from 1: the order inside the room. */
    roomIndex: number;
    /** Set when sent with a transaction id: replies to the same device show it, retries find it. */
    txn: { userId: string; deviceId: string | null; txnId: string } | null;
    /** Appservice whose token sent it. */
    asId: string | null;
    /** Set on m.room.member events: what changed for whom. */
    membership: { userId: string; prev: Membership | null; next: Membership; local: boolean } | null;
    /** The state event that this one replaced, for readers that keep no state themselves; absent when there was none. */
    replaced?: { eventId: string; content: Record<string, unknown> };
  }
>;
export type AliasChanged = Event<'alias.changed', { alias: string; roomId: string | null; creator: string }>;
export type RoomsEvent = EventPersisted | AliasChanged;

/** `wake.rooms.<log>`: something committed up to `pos` that these rooms and users may be waiting for. */
export interface RoomsWake {
  logId: string;
  /** First position that this wake speaks for; tells a listener that it missed one. */
  from: number;
  pos: number;
  rooms: string[];
  users: string[];
}

/** `qry.rooms.sync`: one computation for one device. Never waits: the gateway parks. */
export interface SyncQuery {
  requester: { userId: string; deviceId: string | null };
  since: string | null;
  filter: string | null;
  fullState: boolean;
  useStateAfter: boolean;
  /** Key of the state block with `useStateAfter`, by the name under which the client asked for it; absent: the stable one. */
  stateAfterKey?: 'state_after' | 'org.matrix.msc4222.state_after';
  timeoutMs: number;
}
export interface SyncAnswer {
  /** True: nothing to say yet, park until one of `rooms` or the user wakes, then ask again. */
  empty: boolean;
  /** Joined rooms whose commits concern this user; only where `empty`. */
  rooms: string[];
  /** Position of the rooms log this was computed at. */
  pos: number;
  body: Record<string, unknown>;
}
