import type { AliasChanged, EventPersisted, Membership, StoredEvent } from '@ganglion/contracts';

export const ROOM = '!room:hs.test';
export const ALICE = '@alice:hs.test';
export const GHOST = '@_irc_bob:hs.test';

let made = 0;

export function persisted(
  pdu: { type: string; sender: string; state_key?: string; content?: Record<string, unknown> },
  { roomId = ROOM, asId = null, membership = null }: Partial<EventPersisted['data']> = {},
): EventPersisted {
  const count = ++made;
  return {
    type: 'event.persisted',
    data: {
      roomId,
      roomVersion: '11',
      eventId: `$${count}`,
      pdu: {
        content: {},
        room_id: roomId,
        origin_server_ts: 1_700_000_000_000 + count,
        depth: count,
        prev_events: [],
        auth_events: [],
        hashes: { sha256: '' },
        ...pdu,
      },
      receivedTs: 1_700_000_000_000 + count,
      roomIndex: count,
      txn: null,
      asId,
      membership,
    },
  };
}

export const message = (body: string, sender = ALICE, roomId = ROOM, asId: string | null = null): EventPersisted =>
  persisted({ type: 'm.room.message', sender, content: { msgtype: 'm.text', body } }, { roomId, asId });

/** The change of who is in a room, made by the user. */
export function member(userId: string, prev: Membership | null, next: Membership, roomId = ROOM): EventPersisted {
  return persisted(
    { type: 'm.room.member', sender: userId, state_key: userId, content: { membership: next } },
    { roomId, membership: { userId, prev, next, local: userId.endsWith(':hs.test') } },
  );
}

export const alias = (name: string, roomId: string | null): AliasChanged => ({
  type: 'alias.changed',
  data: { alias: name, roomId, creator: ALICE },
});

/** A rooms log in memory, for readers that are fed by hand. */
export class RoomsLog {
  readonly events: StoredEvent[] = [];

  constructor(
    readonly logId: string,
    private readonly startMs = 1_000,
  ) {}

  /** @returns what was appended, as a reader gets it */
  append(...events: (EventPersisted | AliasChanged)[]): StoredEvent[] {
    const from = this.events.length;
    for (const event of events) {
      const pos = this.events.length + 1;
      this.events.push({
        logId: this.logId,
        pos,
        vshard: 0,
        stream: 'room',
        ver: pos,
        v: 1,
        id: `${this.logId}-${pos}`,
        atMs: this.startMs + pos,
        meta: { actor: 'test', correlationId: 'test' },
        ...event,
      } as StoredEvent);
    }
    return this.events.slice(from);
  }
}
