import type { SyncAnswer, SyncQuery } from '@ganglion/contracts';
import { EventLog } from '@ganglion/event-store';
import { Injectable } from '@nestjs/common';
import { ReadPosition } from '../core/read-model/read-position.service.js';
import { OwnRooms, type OwnRoom, type OwnRoomsAt } from './own-rooms.queries.js';
import { RoomEntriesReader } from './room-entries.service.js';
import { isEmptyEntry } from './room-entry.js';
import type { OwnChange } from './section.js';
import { RoomBodies, emptyBody, initialAccountData } from './sync-body.js';
import { planSync, type SyncPlan } from './sync-plan.js';
import { SyncFilter, type SyncRequest } from './sync-request.js';
import { SyncRequests } from './sync-requests.service.js';
import { formatToken } from './token.js';

/** `since` of an initial sync, before every position. */
const BEFORE_EVERYTHING = -1;
/** Events since a token that it is cheaper to look through than the rooms of a user. */
const MAX_SCANNED = 2_000;

/** Computes what one device has not seen. Never waits for news: the gateway parks, and asks again when woken. */
@Injectable()
export class SyncService {
  constructor(
    private readonly log: EventLog,
    private readonly reads: ReadPosition,
    private readonly ownRooms: OwnRooms,
    private readonly entries: RoomEntriesReader,
    private readonly requests: SyncRequests,
  ) {}

  /**
   * @throws BAD_TOKEN (400), what a bad filter is answered with (400)
   * @throws REPLICA_BEHIND (503) when the read model does not catch up with what the caller has seen
   */
  async compute(query: SyncQuery): Promise<SyncAnswer> {
    const request = await this.requests.of(query);
    // Who waits hears of everything later by a wake; who does not wait is told all there is.
    const floor = query.timeoutMs > 0 && request.since !== null ? request.since : this.log.head();
    await this.reads.reached(Math.max(floor, this.reads.seenByCaller()));
    const { reader, since } = request;
    const { now, version, rooms } = await this.rooms(request);
    const plan = await this.plan(request, rooms, now.pos);
    const sections = await this.sections(plan, request);
    const isNews = Object.keys(sections).length > 0 || since === null || query.fullState;
    // Nothing happened: the token the client has is as good as a new one, and stays the same to the byte.
    const nextBatch = isNews ? formatToken(now.logId, now.pos) : query.since!;
    const body = {
      ...emptyBody(nextBatch),
      ...(since === null ? { account_data: initialAccountData() } : {}),
      ...(Object.keys(sections).length > 0 ? { rooms: sections } : {}),
    };
    const joined = isNews ? [] : await this.ownRooms.joined(reader.userId, version);
    return { empty: !isNews, rooms: joined, pos: now.pos, body };
  }

  private rooms({ reader, since, fullState }: SyncRequest): Promise<OwnRoomsAt> {
    if (since === null) return this.ownRooms.all(reader.userId, BEFORE_EVERYTHING);
    const isRecent = this.log.head() - since <= MAX_SCANNED;
    return isRecent && !fullState
      ? this.ownRooms.changed(reader.userId, since)
      : this.ownRooms.all(reader.userId, since);
  }

  private async plan(
    { reader, since, filter, fullState }: SyncRequest,
    all: OwnRoom[],
    now: number,
  ): Promise<SyncPlan> {
    const syncFilter = new SyncFilter(filter);
    const rooms = all.filter(({ roomId }) => syncFilter.selects(roomId));
    const { includeLeave } = syncFilter;
    const told = since === null ? rooms.filter((room) => includeLeave || !hasLeft(room)) : rooms;
    const changes = await this.changes(reader.userId, told, since);
    return planSync({ since, now, fullState, includeLeave, rooms: told, changes });
  }

  /** Of rooms whose membership is news: in an initial sync all, whose newest is known already unless it was a departure. */
  private async changes(
    userId: string,
    rooms: readonly OwnRoom[],
    since: number | null,
  ): Promise<Map<string, OwnChange[]>> {
    const asked = rooms.filter((room) => (since === null ? hasLeft(room) : room.memberPos > since));
    const found = await this.ownRooms.changes(
      userId,
      asked.map(({ roomId }) => roomId),
      since ?? BEFORE_EVERYTHING,
    );
    if (since !== null) return found;
    const known = rooms.map(({ roomId, memberPos, membership }) => [roomId, [{ pos: memberPos, membership }]] as const);
    return new Map<string, OwnChange[]>([
      ...known.map(([id, own]) => [id, [...own]] as [string, OwnChange[]]),
      ...found,
    ]);
  }

  private async sections(plan: SyncPlan, request: SyncRequest): Promise<Record<string, object>> {
    const { entries, sights } = await this.entries.read(plan.shown, request);
    const bodies = new RoomBodies(request, sights, (pos) => formatToken(this.log.logId, pos));
    const told = entries.filter(({ planned, entry }) => planned.whole || planned.fullState || !isEmptyEntry(entry));
    const [joined, left] = [
      told.filter(({ planned }) => planned.section === 'join'),
      told.filter(({ planned }) => planned.section === 'leave'),
    ];
    const [invites, knocks] = await Promise.all([
      this.entries.ownEvents(plan.invites),
      this.entries.ownEvents(plan.knocks),
    ]);
    const sections = {
      join: joined.map(({ planned, entry }) => [planned.room.roomId, bodies.joined(entry)] as const),
      leave: left.map(({ planned, entry }) => [planned.room.roomId, bodies.left(entry)] as const),
      invite: invites.map((record) => [record.roomId, bodies.invited(record, 'invite')] as const),
      knock: knocks.map((record) => [record.roomId, bodies.invited(record, 'knock')] as const),
    };
    return Object.fromEntries(
      Object.entries(sections)
        .filter(([, rooms]) => rooms.length > 0)
        .map(([name, rooms]) => [name, Object.fromEntries(rooms)]),
    );
  }
}

function hasLeft({ membership }: OwnRoom): boolean {
  return membership === 'leave' || membership === 'ban';
}
