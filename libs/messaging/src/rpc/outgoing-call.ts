import { headers as names, type MatrixErrorBody } from '@ganglion/contracts';
import { Refusal, type Clock } from '@ganglion/kernel';
import type { MsgHdrs } from '@nats-io/nats-core';
import type { Bus, BusMessage } from '../bus/bus.js';
import { rawHeaders, readOffer, wire } from '../wire/call-headers.js';
import { busErrors, errorBodyOf, RemoteError, statusOf } from '../wire/errors.js';
import type { Due } from '../wire/sweep.js';
import type { Parcel } from './parcel.js';

/** What the caller does with what comes. */
export interface Outcome {
  answer(bytes: Uint8Array): void;
  fail(error: unknown): void;
  /** NATS says that nobody listens. Absent: try again until the deadline. */
  nobody?(): void;
  /** The deadline is here. Absent: that is a failure. */
  late?(): void;
}

export interface OutgoingCallParts {
  bus: Bus;
  clock: Clock;
  subject: string;
  /** Where answers go, as NATS sees it. */
  reply: string;
  parcel: Parcel;
  headers: (budgetMs: number) => MsgHdrs;
  /** By the monotonic clock. */
  deadlineMs: number;
  /** Executing it twice is as good as once. */
  repeatable: boolean;
  outcome: Outcome;
}

const TOO_MANY = 429;
const FIRST_RETRY_MS = 10;
const LONGEST_RETRY_MS = 250;
/**
 * Whoever took a request may have died or been stopped with it. One that may run twice is asked for again after so long without
 * an answer, and then two times more; more would only add to the load of a service that is slow.
 */
const REPEAT_AFTER_MS = [1_500, 3_000, 6_000];

/** A request from its first sending to its end: nobody there yet, connection broken and back, answered, or too late. */
export class OutgoingCall implements Due {
  /** The deadline or the next attempt, whichever is sooner. */
  dueMs: number;
  /** On the bus, and not sent back with "nobody listens": it may be being executed. */
  private out = false;
  private unheard = 0;
  private repeats = 0;

  constructor(private readonly parts: OutgoingCallParts) {
    this.dueMs = parts.deadlineMs;
  }

  send(): void {
    const { bus, clock, subject, parcel, headers, reply, deadlineMs } = this.parts;
    this.dueMs = Math.min(deadlineMs, this.repeatAtMs());
    // What is published now would be lost without a word; `reconnected` sends it.
    if (!bus.connected) return;
    this.out = true;
    bus.publish(subject, parcel.data, headers(deadlineMs - clock.monotonicMs()), reply);
  }

  due(nowMs: number): void {
    const { outcome, deadlineMs } = this.parts;
    if (nowMs < deadlineMs) {
      if (this.out) this.repeats++;
      this.send();
    } else if (outcome.late) outcome.late();
    else outcome.fail(this.out ? busErrors.noAnswer() : busErrors.nobodyThere());
  }

  private repeatAtMs(): number {
    const { repeatable, outcome, clock } = this.parts;
    // Who collects answers would count some twice.
    const afterMs = repeatable && !outcome.late ? REPEAT_AFTER_MS[this.repeats] : undefined;
    return afterMs === undefined ? Infinity : clock.monotonicMs() + afterMs;
  }

  /** The answer may have been lost with the old connection; one that may run twice is asked for again. */
  reconnected(): void {
    if (!this.out || this.parts.repeatable) this.send();
  }

  received(message: BusMessage): void {
    const { headers, data } = message;
    const { outcome } = this.parts;
    if (!headers) return outcome.answer(data);
    if (headers.code === 503 && data.length === 0) return this.unheardOf();
    const raw = rawHeaders(headers);
    const offer = readOffer(raw[wire.transfer]);
    if (offer) void this.pull(offer);
    else if (raw[names.status] === undefined) outcome.answer(data);
    else this.refused(Number(raw[names.status]), message);
  }

  private refused(status: number, message: BusMessage): void {
    // One that was taken and asked for again: that there is no room for it twice says nothing of the first.
    if (status === TOO_MANY && this.repeats > 0) return;
    this.parts.outcome.fail(remoteError(status, message));
  }

  private unheardOf(): void {
    const { outcome, clock, deadlineMs } = this.parts;
    if (outcome.nobody) return outcome.nobody();
    this.out = false;
    const delayMs = Math.min(FIRST_RETRY_MS * 2 ** this.unheard++, LONGEST_RETRY_MS);
    this.dueMs = Math.min(clock.monotonicMs() + delayMs, deadlineMs);
  }

  private async pull(offer: NonNullable<ReturnType<typeof readOffer>>): Promise<void> {
    const { bus, clock, outcome, deadlineMs } = this.parts;
    this.dueMs = deadlineMs;
    try {
      outcome.answer(await bus.transfers.receive(offer, deadlineMs - clock.monotonicMs()));
    } catch (error) {
      outcome.fail(error instanceof Refusal ? new RemoteError(statusOf(error.kind), errorBodyOf(error)) : error);
    }
  }
}

function remoteError(status: number, message: BusMessage): RemoteError {
  return new RemoteError(status, message.json<MatrixErrorBody>());
}
