import type { Config } from '@ganglion/config';
import type { Timers } from '@ganglion/event-store';
import { currentCall } from '@ganglion/messaging';
import { CONFIG } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import { RoomsMetrics } from '../../rooms.metrics.js';
import { DRAW, PRETENCE_KEY, TIMERS } from '../../rooms.tokens.js';
import { pretenceDelayMs, pretendedEventId, type DrawInteger } from './pretence.js';

/** Left for the answer to travel back before the caller gives up, which would give the pretence away. */
const ANSWER_MARGIN_MS = 500;
/** Pretences of one user that may wait at once: each holds a place among the requests served. */
const MAX_WAITING = 8;

/** Answers a shadow-banned user as if something had been done: late, and with an id that nothing has. */
@Injectable()
export class Pretence {
  private readonly waiting = new Map<string, number>();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(DRAW) private readonly draw: DrawInteger,
    @Inject(TIMERS) private readonly timers: Timers,
    @Inject(PRETENCE_KEY) private readonly key: Uint8Array,
    private readonly metrics: RoomsMetrics,
  ) {}

  /**
   * Waits as long as the configuration says; holds no lock, connection or place in a room's queue meanwhile.
   * @param request  what identifies the request, so that its repetition gets the same id
   */
  async eventId(userId: string, request: unknown): Promise<string> {
    await this.delay(userId);
    return pretendedEventId(this.key, [userId, request]);
  }

  async delay(userId: string): Promise<void> {
    this.metrics.dropped();
    const before = this.waiting.get(userId) ?? 0;
    const wanted = pretenceDelayMs(this.config.moderation.shadow_ban.delay_ms, this.draw);
    const delayMs = Math.min(wanted, (currentCall()?.remainingMs() ?? Infinity) - ANSWER_MARGIN_MS);
    if (delayMs <= 0 || before >= MAX_WAITING) return;
    this.waiting.set(userId, before + 1);
    await new Promise<void>((resolve) => this.timers.after(delayMs, resolve));
    const left = this.waiting.get(userId)! - 1;
    if (left > 0) this.waiting.set(userId, left);
    else this.waiting.delete(userId);
  }
}
