import type { Pdu, RoomsEvent } from '@ganglion/contracts';
import type { Decider } from '@ganglion/kernel';
import { redact, redactsOf, roomVersion, type RoomVersion } from '@ganglion/matrix';
import { StateMap } from './state-map.js';

/** A room as its events have left it: what every decision about it looks at. */
export interface Room {
  /** Null: there is no such room. */
  version: RoomVersion | null;
  state: StateMap;
  /** The newest event, which the next one builds on. */
  head: { eventId: string; depth: number } | null;
  /** Events so far: the index of the newest, from 1. */
  index: number;
}

export const initialRoom: Room = { version: null, state: StateMap.empty, head: null, index: 0 };

/** Total: never throws; an event it does not know leaves the room as it is. */
export function evolveRoom(room: Room, { type, data }: RoomsEvent): Room {
  if (type !== 'event.persisted') return room;
  const { pdu, eventId, roomVersion: version, roomIndex } = data;
  const state = redacted(room, pdu).with({ eventId, pdu });
  return {
    version: room.version ?? roomVersion(version),
    state,
    head: { eventId, depth: pdu.depth },
    index: roomIndex,
  };
}

export const roomDecider: Decider<Room, RoomsEvent> = { initial: () => initialRoom, evolve: evolveRoom };

/** Whoever is joined, in no particular order. */
export function joinedMembers(room: Room): string[] {
  return [...room.state.ofType('m.room.member')]
    .filter(({ pdu }) => pdu.content['membership'] === 'join')
    .map(({ pdu }) => pdu.state_key!);
}

/** A redacted piece of state goes on being that piece of state, with what redaction leaves of it. */
function redacted({ state, version }: Room, pdu: Pdu): StateMap {
  if (pdu.type !== 'm.room.redaction' || !version) return state;
  const target = redactsOf(pdu, version);
  const entry = target === undefined ? undefined : state.byEventId(target);
  return entry ? state.with({ ...entry, pdu: redact(entry.pdu, version) }) : state;
}
