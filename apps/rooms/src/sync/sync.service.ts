import type { Config } from '@ganglion/config';
import type { SyncAnswer, SyncQuery } from '@ganglion/contracts';
import { EventLog } from '@ganglion/event-store';
import { Refusal, type Clock } from '@ganglion/kernel';
import { Errcode } from '@ganglion/matrix';
import { CLOCK, CONFIG } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import type { EventRecord } from '../core/read-model/event-record.js';
import { Events } from '../core/read-model/events.queries.js';
import { ReadPosition } from '../core/read-model/read-position.service.js';
import { filterFromText, parseFilter, type Filter } from '../user/filters/filter.js';
import { Filters } from '../user/filters/filters.service.js';
import { OwnRooms, type OwnRoom } from './own-rooms.queries.js';
import { RoomEntriesReader } from './room-entries.service.js';
import { isEmptyEntry } from './room-entry.js';
import type { OwnChange } from './section.js';
import { RoomBodies, emptyBody, initialAccountData } from './sync-body.js';
import { planSync, type SyncPlan } from './sync-plan.js';
import { SyncFilter, timelineLimitOf, type SyncRequest } from './sync-request.js';
import { formatToken, isOfThisHistory, parseToken } from './token.js';

/** `since` of an initial sync, before every position. */
const BEFORE_EVERYTHING = -1;

/** Computes what one device has not seen. Never waits for news: the gateway parks, and asks again when woken. */
@Injectable()
export class SyncService {
  constructor(
    private readonly log: EventLog,
    private readonly reads: ReadPosition,
    private readonly ownRooms: OwnRooms,
    private readonly entries: RoomEntriesReader,
    private readonly events: Events,
    private readonly filters: Filters,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * @throws BAD_TOKEN (400), what a bad filter is answered with (400)
   * @throws REPLICA_BEHIND (503) when the read model does not catch up with what the caller has seen
   */
  async compute(query: SyncQuery): Promise<SyncAnswer> {
    const request = await this.request(query);
    // Who waits hears of everything later by a wake; who does not wait is told all there is.
    const floor = query.timeoutMs > 0 && request.since !== null ? request.since : this.log.head();
    await this.reads.reached(Math.max(floor, this.reads.seenByCaller()));
    const { reader, since } = request;
    const { now, rooms } = await this.ownRooms.at(reader.userId, since ?? BEFORE_EVERYTHING);
    const joined = rooms.filter(({ membership }) => membership === 'join').map(({ roomId }) => roomId);
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
    return { empty: !isNews, rooms: joined, pos: now.pos, body };
  }

  private async request(query: SyncQuery): Promise<SyncRequest> {
    const filter = await this.filter(query);
    return {
      reader: { ...query.requester, nowMs: this.clock.nowMs() },
      filter,
      since: await this.since(query.since),
      fullState: query.fullState,
      stateAfterKey: query.useStateAfter ? (query.stateAfterKey ?? 'state_after') : null,
      timelineLimit: timelineLimitOf(filter, this.config.rooms.filter_timeline_limit),
    };
  }

  /** A token of another history, or of a future that a restore has undone, reads as none. */
  private async since(text: string | null): Promise<number | null> {
    if (text === null) return null;
    const token = parseToken(text);
    const isKnown = token.roomsPos <= this.log.head();
    const head = isKnown ? this.log.head() : await this.log.refreshHead();
    return isOfThisHistory(token, this.log.logId, head) ? token.roomsPos : null;
  }

  private async filter({ filter, requester }: SyncQuery): Promise<Filter> {
    if (filter === null) return {};
    if (filter.startsWith('{')) return parseFilter(filterFromText(filter));
    try {
      return await this.filters.find(requester.userId, filter);
    } catch (error) {
      if (error instanceof Refusal && error.kind === 'not-found') {
        throw new Refusal('FILTER_UNKNOWN', 'invalid', 'No such filter', Errcode.INVALID_PARAM);
      }
      throw error;
    }
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
    const [invites, knocks] = await Promise.all([this.ownEvents(plan.invites), this.ownEvents(plan.knocks)]);
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

  private ownEvents(rooms: readonly OwnRoom[]): Promise<EventRecord[]> {
    return this.events.newest(
      rooms.map(({ roomId, memberPos }) => ({ roomId, after: memberPos - 1, upTo: memberPos, limit: 1 })),
    );
  }
}

function hasLeft({ membership }: OwnRoom): boolean {
  return membership === 'leave' || membership === 'ban';
}
