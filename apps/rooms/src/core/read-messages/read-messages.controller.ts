import { routes, type RouteReply, type RouteRequest } from '@ganglion/contracts';
import { EventLog } from '@ganglion/event-store';
import { OnRoute, queryChoice, queryInteger } from '@ganglion/service';
import { Controller } from '@nestjs/common';
import { badToken, formatToken, isOfThisHistory, parseToken } from '../../sync/token.js';
import { filterFromText, parseRoomEventFilter, type RoomEventFilter } from '../../user/filters/filter.js';
import { matches, selectsRoom } from '../../user/filters/match.js';
import { AccessQueries } from '../access/access.queries.js';
import { RoomReader, type Reading } from '../access/room-reader.service.js';
import type { EventRecord } from '../read-model/event-record.js';
import { Events } from '../read-model/events.queries.js';
import { States } from '../read-model/state.queries.js';
import { serve } from '../serve.js';
import { boundsOf, restOf, type PageBounds } from './page.js';

const DEFAULT_LIMIT = 10;
const MAX_LIMIT = 1_000;
/** Pages read for one answer when a filter leaves little of them; a short answer with `end` is legal. */
const MAX_ROUNDS = 5;

interface Page {
  events: EventRecord[];
  /** Gap to go on from; null: there is nothing more in this direction. */
  end: number | null;
}

/** Whoever may read the room, each event as far as its history allows. */
@Controller()
export class ReadMessagesController {
  constructor(
    private readonly rooms: RoomReader,
    private readonly events: Events,
    private readonly states: States,
    private readonly access: AccessQueries,
    private readonly log: EventLog,
  ) {}

  @OnRoute(routes.messages)
  async read(request: RouteRequest): Promise<RouteReply> {
    const reading = await this.rooms.open(request);
    const { roomId, moment, reader } = reading;
    const bounds = this.bounds(request, moment.pos);
    const limit = Math.min(queryInteger(request.query, 'limit', DEFAULT_LIMIT), MAX_LIMIT);
    const filter = filterOf(request);
    const sight = await this.access.sight(roomId, reader.userId);
    const page = await this.page(reading, bounds, limit, (record) => sight.sees(record) && allows(filter, record));
    const state = filter.lazy_load_members ? await this.senders(roomId, page) : null;
    return {
      body: {
        start: formatToken(this.log.logId, bounds.dir === 'b' ? bounds.upTo : bounds.after),
        chunk: page.events.map((record) => serve(record, reader, sight)),
        ...(page.end === null ? {} : { end: formatToken(this.log.logId, page.end) }),
        ...(state && { state: state.map((record) => serve(record, reader, sight)) }),
      },
    };
  }

  private bounds({ query }: RouteRequest, newest: number): PageBounds {
    const dir = queryChoice(query, 'dir', ['b', 'f'], 'f');
    return boundsOf(dir, this.position(query['from']?.[0]), this.position(query['to']?.[0]), newest);
  }

  private position(text: string | undefined): number | null {
    if (text === undefined) return null;
    const token = parseToken(text);
    if (!isOfThisHistory(token, this.log.logId, this.log.head())) throw badToken();
    return token.roomsPos;
  }

  /** Walks until `limit` events are found that may be shown, the stretch ends, or enough was looked at. */
  private async page(
    { roomId }: Reading,
    bounds: PageBounds,
    limit: number,
    shown: (record: EventRecord) => boolean,
  ): Promise<Page> {
    const found: EventRecord[] = [];
    let rest = bounds;
    for (let round = 0; round < MAX_ROUNDS && (round === 0 || found.length < limit); round++) {
      // One more than asked for tells whether there is anything beyond.
      const batch = await this.batch(roomId, rest, limit + 1);
      let looked = 0;
      for (const record of batch.slice(0, limit)) {
        if (found.length === limit) break;
        looked++;
        rest = restOf(rest, record.pos);
        if (shown(record)) found.push(record);
      }
      if (batch.length === looked) return { events: found, end: null };
    }
    return { events: found, end: bounds.dir === 'b' ? rest.upTo : rest.after };
  }

  private batch(roomId: string, { dir, after, upTo }: PageBounds, limit: number): Promise<EventRecord[]> {
    const stretch = { roomId, after, upTo, limit };
    return dir === 'b' ? this.events.newest([stretch]) : this.events.oldest([stretch]);
  }

  /** Member events of whoever sent something on the page, as of its newest event: by then each of them had one. */
  private senders(roomId: string, { events }: Page): Promise<EventRecord[]> {
    const pos = Math.max(...events.map((record) => record.pos));
    return this.states.membersAmong([{ roomId, pos }], [...new Set(events.map(({ pdu }) => pdu.sender))]);
  }
}

function filterOf({ query }: RouteRequest): RoomEventFilter {
  const text = query['filter']?.[0];
  return text === undefined ? {} : parseRoomEventFilter(filterFromText(text));
}

function allows(filter: RoomEventFilter, { roomId, pdu }: EventRecord): boolean {
  return selectsRoom(filter, roomId) && matches(filter, pdu);
}
