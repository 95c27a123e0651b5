import { Refusal } from '@ganglion/kernel';

import { selectAuthEvents } from './auth-events.js';
import { authorise } from './authorise.js';
import type { BuiltEvent } from './build-event.js';
import { buildEvent } from './build-event.js';
import { parseCreateRoom } from './create-room-request.js';
import { planRoom } from './create-room.js';
import { eventIdOf } from './event-hash.js';
import type { JsonObject } from './json-values.js';
import type { RoomState } from './pdu.js';
import { stateOf } from './room-state.js';
import type { RoomVersion, RoomVersionId } from './room-version.js';
import { ROOM_VERSIONS } from './room-version.js';

export const SERVER = 'ganglion.test';
export const [ALICE, BOB, CAROL, DAVE] = ['alice', 'bob', 'carol', 'dave'].map((name) => `@${name}:${SERVER}`) as [
  string,
  string,
  string,
  string,
];
export const VERSIONS = Object.keys(ROOM_VERSIONS) as RoomVersionId[];

/** A room whose every event has passed `authorise`, with a fixed clock and ids that follow from it. */
export class TestRoom {
  readonly version: RoomVersion;
  readonly log: BuiltEvent[] = [];

  private constructor(versionId: RoomVersionId) {
    this.version = ROOM_VERSIONS[versionId];
  }

  /** @param body  of createRoom; ALICE sends it */
  static created(versionId: RoomVersionId, body: JsonObject = { preset: 'public_chat' }): TestRoom {
    const room = new TestRoom(versionId);
    const creator = { userId: ALICE, serverName: SERVER, profileOf: () => undefined };
    const plan = planRoom(parseCreateRoom(body), room.version, creator);
    for (const { type, stateKey, content } of plan.events) room.send(ALICE, type, content, stateKey);
    return room;
  }

  get id(): string {
    return this.log[0]?.roomId ?? `!room:${SERVER}`;
  }

  get state(): RoomState {
    return stateOf(this.log.map(({ pdu }) => pdu));
  }

  /** The event as it would be appended, not yet authorised. */
  draft(sender: string, type: string, content: JsonObject, stateKey?: string): BuiltEvent {
    const last = this.log.at(-1);
    const subject = { type, sender, content, ...(stateKey === undefined ? {} : { state_key: stateKey }) };
    return buildEvent({
      version: this.version,
      roomId: type === 'm.room.create' && this.version.roomIdIsCreateHash ? null : this.id,
      sender,
      type,
      content,
      ...(stateKey === undefined ? {} : { stateKey }),
      prevEvents: last ? [{ eventId: last.eventId, depth: last.pdu.depth }] : [],
      authEventIds: selectAuthEvents(subject, this.state, this.version).map((pdu) => eventIdOf(pdu, this.version)),
      originServerTs: 1_700_000_000_000 + this.log.length,
    });
  }

  send(sender: string, type: string, content: JsonObject, stateKey?: string): BuiltEvent {
    const event = this.draft(sender, type, content, stateKey);
    authorise(event.pdu, this.state, this.version);
    this.log.push(event);
    return event;
  }

  /** A member event by `sender` about `target`. */
  member(sender: string, membership: string, target = sender, more: JsonObject = {}): BuiltEvent {
    return this.send(sender, 'm.room.member', { membership, ...more }, target);
  }

  joined(...userIds: string[]): this {
    for (const userId of userIds) this.member(userId, 'join');
    return this;
  }

  /** Writes power levels over the current ones, key by key at the top. */
  levels(sender: string, changes: JsonObject): BuiltEvent {
    const current = this.state.get('m.room.power_levels', '')?.content ?? {};
    return this.send(sender, 'm.room.power_levels', { ...current, ...changes }, '');
  }
}

/** The refusal that `run` throws; fails when it throws something else or nothing. */
export function refusalOf(run: () => unknown): Refusal {
  try {
    run();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('expected a refusal');
}

/** The errcode that a client gets from `run`. */
export function errcodeOf(run: () => unknown): string | undefined {
  return refusalOf(run).errcode;
}
