import { routes, type Requester, type RouteReply, type RouteRequest } from '@ganglion/contracts';
import { own, ownString } from '@ganglion/matrix';
import { OnRoute, callerOf } from '@ganglion/service';
import { Controller } from '@nestjs/common';
import { Events } from '../read-model/events.queries.js';
import { ReadPosition } from '../read-model/read-position.service.js';
import { Pretence } from '../shadow-ban/pretence.service.js';
import { Transactions, type Sent } from '../transactions/transactions.service.js';
import { txnKey } from '../transactions/txn-key.js';
import { chosenTime } from '../write/chosen-time.input.js';
import { droppedIf } from '../write/decision.js';
import { RoomWriter, refuseSuspended } from '../write/room-writer.service.js';
import { decideSendEvent, type SendEvent } from './send-event.js';

/** Members with the power to send events of the type. */
@Controller()
export class SendEventController {
  constructor(
    private readonly writer: RoomWriter,
    private readonly transactions: Transactions,
    private readonly events: Events,
    private readonly reads: ReadPosition,
    private readonly pretence: Pretence,
  ) {}

  @OnRoute(routes.sendEvent)
  async send(request: RouteRequest<Record<string, unknown>>): Promise<RouteReply> {
    const requester = callerOf(request);
    const { userId, deviceId } = requester;
    const { roomId, eventType, txnId } = request.params as Record<'roomId' | 'eventType' | 'txnId', string>;
    const key = txnKey({ userId, deviceId, txnId, roomId, type: eventType });
    const { eventId, at } = await this.transactions.once(key, () => this.once(requester, request, key));
    return { body: { event_id: eventId }, ...(at ? { wrote: at } : {}) };
  }

  private async once(requester: Requester, request: RouteRequest<Record<string, unknown>>, key: string): Promise<Sent> {
    const { roomId, eventType: type, txnId } = request.params as Record<'roomId' | 'eventType' | 'txnId', string>;
    const { userId, deviceId } = requester;
    const draft = { type, sender: userId, content: request.body };
    const command: SendEvent = {
      roomId,
      draft,
      ...(await this.redacted(type, request.body)),
      ...(await this.related(roomId, request.body)),
    };
    const suspendedMay = command.redacted?.target?.pdu.sender === userId;
    if (!suspendedMay) refuseSuspended(requester);
    const outcome = await this.writer.write(
      { requester, roomId, suspendedMay, txn: { userId, deviceId, txnId }, ...chosenTime(request) },
      (room, origin, { shadowBanned }) => droppedIf(shadowBanned, decideSendEvent(room, command, origin)),
    );
    if (outcome.kind === 'written') return outcome;
    return { eventId: await this.pretence.eventId(userId, key), at: null };
  }

  /** The event that a redaction names; nothing for what is no redaction. */
  private async redacted(type: string, content: Record<string, unknown>): Promise<Pick<SendEvent, 'redacted'>> {
    if (type !== 'm.room.redaction') return {};
    await this.reads.upToDate();
    return { redacted: { target: (await this.events.byId(ownString(content, 'redacts') ?? '')) ?? undefined } };
  }

  /** Whether the event that this one relates to is in the room; nothing for what relates to none. */
  private async related(roomId: string, content: Record<string, unknown>): Promise<Pick<SendEvent, 'related'>> {
    const relation = own(content, 'm.relates_to');
    const target = ownString(relation, 'event_id');
    if (target === undefined || ownString(relation, 'rel_type') === undefined) return {};
    await this.reads.upToDate();
    return { related: { isInRoom: (await this.events.byId(target))?.roomId === roomId } };
  }
}
