import { routes, type Membership, type RouteReply, type RouteRequest } from '@ganglion/contracts';
import { EventLog } from '@ganglion/event-store';
import { OnRoute, queryChoice } from '@ganglion/service';
import { Controller } from '@nestjs/common';
import { badToken, isOfThisHistory, parseToken } from '../../sync/token.js';
import { AccessQueries } from '../access/access.queries.js';
import { RoomReader, type Reading } from '../access/room-reader.service.js';
import type { EventRecord } from '../read-model/event-record.js';
import { Events } from '../read-model/events.queries.js';
import { FOREVER } from '../read-model/rows.js';
import { States, type Moment } from '../read-model/state.queries.js';
import { refuse } from '../refusals.js';
import { serve } from '../serve.js';

const MEMBERSHIPS = ['join', 'invite', 'leave', 'ban', 'knock'] as const satisfies Membership[];

/** Members; who has left sees the list of that moment. The plain list of the joined is for those who are joined. */
@Controller()
export class ReadMembersController {
  constructor(
    private readonly rooms: RoomReader,
    private readonly states: States,
    private readonly events: Events,
    private readonly access: AccessQueries,
    private readonly log: EventLog,
  ) {}

  @OnRoute(routes.members)
  async members(request: RouteRequest): Promise<RouteReply> {
    const reading = await this.rooms.open(request);
    const wanted = membershipIn(request, 'membership');
    const unwanted = membershipIn(request, 'not_membership');
    const records = await this.states.members([await this.momentOf(reading, request.query['at']?.[0])]);
    const chunk = records.filter(({ pdu }) => {
      const { membership } = pdu.content;
      return (wanted === null || membership === wanted) && (unwanted === null || membership !== unwanted);
    });
    return { body: { chunk: chunk.map((record) => serve(record, reading.reader)) } };
  }

  @OnRoute(routes.joinedMembers)
  async joinedMembers(request: RouteRequest): Promise<RouteReply> {
    const { moment, standing } = await this.rooms.open(request);
    if (standing.membership !== 'join') throw refuse('NOT_A_MEMBER');
    const records = await this.states.members([moment]);
    const joined = records.filter(({ pdu }) => pdu.content['membership'] === 'join');
    return { body: { joined: Object.fromEntries(joined.map(({ pdu }) => [pdu.state_key!, shown(pdu.content)])) } };
  }

  /**
   * The moment of the `at` token, but not after the reader's departure.
   * @throws NOT_A_MEMBER (403) when the reader may not see the last event before it
   */
  private async momentOf({ roomId, moment, reader }: Reading, at: string | undefined): Promise<Moment> {
    if (at === undefined) return moment;
    const token = parseToken(at);
    if (!isOfThisHistory(token, this.log.logId, this.log.head())) throw badToken();
    const upTo = Math.min(token.roomsPos, moment.pos);
    const [before] = await this.events.newest([{ roomId, after: 0, upTo, limit: 1 }]);
    const last = before ?? (await this.creatorsJoin(roomId));
    const sight = await this.access.sight(roomId, reader.userId);
    if (!last || !sight.sees(last)) throw refuse('NOT_A_MEMBER');
    return { roomId, pos: last.pos };
  }

  /** Before the room there was nobody: that reads as the moment its creator had joined. */
  private async creatorsJoin(roomId: string): Promise<EventRecord | undefined> {
    const first = await this.events.oldest([{ roomId, after: 0, upTo: FOREVER, limit: 2 }]);
    return first[1];
  }
}

function membershipIn({ query }: RouteRequest, name: string): Membership | null {
  return query[name] === undefined ? null : queryChoice(query, name, MEMBERSHIPS, 'join');
}

/** Both keys are always there: some clients demand them. */
function shown(content: Record<string, unknown>) {
  const text = (key: string) => (typeof content[key] === 'string' ? content[key] : null);
  return { display_name: text('displayname'), avatar_url: text('avatar_url') };
}
