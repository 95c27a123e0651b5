import type { AliasChanged, EventPersisted } from '@ganglion/contracts';
import type { Queryable } from '@ganglion/event-store';
import { LRUCache } from 'lru-cache';
import type { InterestMatcher } from './interest-matcher.js';
import { RoomInterest, type Counters } from './room-interest.js';

/** Rooms whose counters stay in memory between batches. */
const MAX_CACHED_ROOMS = 50_000;

/**
 * Why appservices are interested in rooms, as of exactly one position of the rooms log. Reads: `load` before a batch.
 * Writes: `save` after it, in the same transaction. What is in memory is only as good as the transaction: `clear` after
 * a failed one.
 */
export class RoomIndex {
  private readonly cache = new LRUCache<string, RoomInterest>({ max: MAX_CACHED_ROOMS });
  /** Rooms of the batch under way. */
  private rooms = new Map<string, RoomInterest>();
  /** Alias → room before the batch, then as changed by it. */
  private aliasRooms = new Map<string, string | null>();
  private changedAliases = new Set<string>();
  private members = new Map<string, { roomId: string; userId: string; joined: boolean }>();

  clear(): void {
    this.cache.clear();
    this.forgetBatch();
  }

  /** @param roomIds  rooms of the batch, @param aliases  aliases that the batch changes */
  async load(tx: Queryable, roomIds: ReadonlySet<string>, aliases: ReadonlySet<string>): Promise<void> {
    this.forgetBatch();
    const needed = new Set(roomIds);
    if (aliases.size > 0) {
      for (const { alias, room_id } of await this.readAliases(tx, [...aliases])) {
        this.aliasRooms.set(alias, room_id);
        needed.add(room_id);
      }
    }
    const missing = [...needed].filter((roomId) => !this.cache.has(roomId));
    const found = missing.length > 0 ? await readCounters(tx, missing) : new Map<string, RoomInterest>();
    for (const roomId of needed) {
      const room = this.cache.get(roomId) ?? found.get(roomId) ?? new RoomInterest();
      this.rooms.set(roomId, room);
      this.cache.set(roomId, room);
    }
  }

  room(roomId: string): RoomInterest {
    const room = this.rooms.get(roomId);
    if (!room) throw new Error(`the interest index was not loaded for ${roomId}`);
    return room;
  }

  /** Takes what the event changed about who is in the room. */
  memberChanged({ roomId, membership }: EventPersisted['data'], matcher: InterestMatcher): void {
    if (!membership?.local) return;
    const { userId, prev, next } = membership;
    const joined = next === 'join';
    if (joined === (prev === 'join')) return;
    this.members.set(`${roomId}\n${userId}`, { roomId, userId, joined });
    const owners = matcher.users(userId);
    if (joined) this.room(roomId).add('members', owners);
    else this.room(roomId).remove('members', owners);
  }

  aliasChanged({ alias, roomId }: AliasChanged['data'], matcher: InterestMatcher): void {
    const before = this.aliasRooms.get(alias) ?? null;
    if (before === roomId) return;
    const owners = matcher.aliases(alias);
    if (before !== null) this.room(before).remove('aliases', owners);
    if (roomId !== null) this.room(roomId).add('aliases', owners);
    this.aliasRooms.set(alias, roomId);
    this.changedAliases.add(alias);
  }

  async save(tx: Queryable): Promise<void> {
    await this.saveMembers(tx);
    await this.saveAliases(tx);
    await this.saveCounters(tx);
    this.forgetBatch();
  }

  private async saveMembers(tx: Queryable): Promise<void> {
    const pairs = [...this.members.values()];
    const columns = (list: typeof pairs) => [list.map(({ roomId }) => roomId), list.map(({ userId }) => userId)];
    const joined = pairs.filter((pair) => pair.joined);
    const gone = pairs.filter((pair) => !pair.joined);
    if (joined.length > 0) {
      await tx.query({
        name: 'member_joined',
        text: 'insert into local_member select * from unnest($1::text[], $2::text[]) on conflict do nothing',
        values: columns(joined),
      });
    }
    if (gone.length > 0) {
      await tx.query({
        name: 'member_gone',
        text: `delete from local_member m using unnest($1::text[], $2::text[]) as gone(room_id, user_id)
          where m.room_id = gone.room_id and m.user_id = gone.user_id`,
        values: columns(gone),
      });
    }
  }

  private async saveAliases(tx: Queryable): Promise<void> {
    const aliases = [...this.changedAliases];
    if (aliases.length === 0) return;
    await tx.query({ name: 'alias_gone', text: 'delete from room_alias where alias = any($1)', values: [aliases] });
    const kept = aliases.filter((alias) => this.aliasRooms.get(alias) !== null);
    await tx.query({
      name: 'alias_set',
      text: 'insert into room_alias select * from unnest($1::text[], $2::text[])',
      values: [kept, kept.map((alias) => this.aliasRooms.get(alias))],
    });
  }

  private async saveCounters(tx: Queryable): Promise<void> {
    const changes = [...this.rooms].flatMap(([roomId, room]) =>
      room.takeChanges().map(([asId, counters]) => ({ roomId, asId, counters })),
    );
    if (changes.length === 0) return;
    await tx.query({
      name: 'interest_set',
      text: `with change as (
          select * from unnest($1::text[], $2::text[], $3::int[], $4::int[]) as c(room_id, as_id, aliases, members)
        ), gone as (
          delete from room_interest i using change c
          where i.room_id = c.room_id and i.as_id = c.as_id and c.aliases is null
        )
        insert into room_interest select * from change where aliases is not null
        on conflict (room_id, as_id) do update set aliases = excluded.aliases, members = excluded.members`,
      values: [
        changes.map(({ roomId }) => roomId),
        changes.map(({ asId }) => asId),
        changes.map(({ counters }) => counters?.aliases ?? null),
        changes.map(({ counters }) => counters?.members ?? null),
      ],
    });
  }

  private async readAliases(tx: Queryable, aliases: string[]) {
    const text = 'select alias, room_id from room_alias where alias = any($1)';
    return (await tx.query<{ alias: string; room_id: string }>({ name: 'alias_read', text, values: [aliases] })).rows;
  }

  private forgetBatch(): void {
    this.rooms = new Map();
    this.aliasRooms = new Map();
    this.changedAliases = new Set();
    this.members = new Map();
  }
}

async function readCounters(tx: Queryable, roomIds: string[]): Promise<Map<string, RoomInterest>> {
  const { rows } = await tx.query<{ room_id: string; as_id: string; aliases: number; members: number }>({
    name: 'interest_read',
    text: 'select room_id, as_id, aliases, members from room_interest where room_id = any($1)',
    values: [roomIds],
  });
  const byRoom = new Map<string, [string, Counters][]>();
  for (const { room_id, as_id, ...counters } of rows) {
    byRoom.set(room_id, [...(byRoom.get(room_id) ?? []), [as_id, counters]]);
  }
  return new Map([...byRoom].map(([roomId, counters]) => [roomId, new RoomInterest(counters)]));
}
