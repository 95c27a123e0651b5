import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { TestAppservice, txnIdOf, type ReceivedTransaction } from '../../harness/appservice.js';
import { between, weighted, type Chance } from '../chance.js';
import type { History } from '../history.js';
import { sleepUnless } from './pause.js';

type Mood = 'takes' | 'is slow' | 'refuses' | 'hangs up' | 'takes and hangs up';

const MOODS: Record<Mood, number> = { takes: 6, 'is slow': 2, refuses: 1, 'hangs up': 1, 'takes and hangs up': 1 };
const MOOD_MS = { least: 1_000, most: 6_000 };
const SLOW_MS = { least: 100, most: 1_500 };

/** A bridge that is sometimes down or slow, and sometimes takes a transaction without being able to say so. */
export class Bridge extends TestAppservice {
  private mood: Mood = 'takes';
  private readonly delivered = new Set<string>();
  private hopes: { eventId: string; resolve: () => void }[] = [];

  constructor(
    private readonly history: History,
    private readonly chance: Chance,
  ) {
    super();
  }

  /** Changes its mood until the signal is aborted, and is well afterwards. */
  async live(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.mood = weighted(this.chance, MOODS);
      await sleepUnless(signal, between(this.chance, MOOD_MS.least, MOOD_MS.most));
    }
    this.mood = 'takes';
  }

  /** Resolves when the event has been delivered and taken. */
  has(eventId: string): Promise<void> {
    if (this.delivered.has(eventId)) return Promise.resolve();
    return new Promise((resolve) => this.hopes.push({ eventId, resolve }));
  }

  protected override handle(request: IncomingMessage, response: ServerResponse, text: string): void {
    const { mood } = this;
    const answer = (status: number) => {
      const txnId = txnIdOf(request);
      if (txnId) this.keep(txnId, text, status === 200 && mood !== 'takes and hangs up');
      if (mood === 'takes and hangs up') request.socket.destroy();
      else response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    };
    if (mood === 'hangs up') request.socket.destroy();
    else if (mood === 'refuses') answer(500);
    else if (mood === 'is slow') setTimeout(answer, between(this.chance, SLOW_MS.least, SLOW_MS.most), 200);
    else answer(200);
  }

  private keep(txnId: string, text: string, accepted: boolean): void {
    const { events } = JSON.parse(text) as ReceivedTransaction;
    const digest = createHash('sha256').update(text).digest('hex');
    this.history.transactions.push({
      txnId,
      digest,
      accepted,
      atMs: performance.now(),
      events: events.map(({ room_id: roomId, event_id: eventId }) => ({ roomId, eventId })),
    });
    if (!accepted) return;
    for (const { event_id: eventId } of events) this.delivered.add(eventId);
    for (const { eventId, resolve } of this.hopes) if (this.delivered.has(eventId)) resolve();
    this.hopes = this.hopes.filter(({ eventId }) => !this.delivered.has(eventId));
  }
}
