import type { StoredEvent } from '@ganglion/contracts';
import { LogPump, type PumpOptions } from '../follow/log-pump.js';
import type { FramePublisher } from './frames.js';
import { frames } from './frames.js';
import { RelayLane } from './relay-lane.js';

export interface PublicPublisher {
  /** Puts one event on its public subject, or ignores it when it is not public. Resolves when the broker has it. */
  publish(event: StoredEvent): Promise<void>;
}

export interface RelayOptions extends Omit<PumpOptions, 'maxBatch'> {
  frames: FramePublisher;
  /** Messages for other people's services, one per event, in order, with a position of their own. */
  publish?: (event: StoredEvent) => Promise<void>;
}

/** Events per turn; several frames when they are large. */
const FRAMES_AT_ONCE = 1_000;
const EVENTS_AT_ONCE = 100;

/**
 * Puts a log on the bus: in order, at least once, nothing left out, whatever the broker does meanwhile. One relay per log
 * is enough and one is best; two repeat each other's messages, which readers tolerate. Dies half-way: repeats what it published
 * since its position was last saved.
 */
export class Relay {
  private readonly lanes: { lane: RelayLane; pump: LogPump }[];

  constructor(options: RelayOptions) {
    const { log, publish } = options;
    const lane = (name: string, maxBatch: number, hand: ConstructorParameters<typeof RelayLane>[1]['hand']) => {
      const made = new RelayLane(log, { name: `relay.${log.log}.${name}`, hand, ...options });
      return { lane: made, pump: new LogPump(made, { ...options, maxBatch }) };
    };
    this.lanes = [
      lane('frames', FRAMES_AT_ONCE, async (entries, done) => {
        for (const frame of frames(entries)) {
          await options.frames.publish(frame);
          done(frame.to);
        }
      }),
    ];
    if (!publish) return;
    this.lanes.push(
      lane('public', EVENTS_AT_ONCE, async (entries, done) => {
        for (const { event } of entries) {
          await publish(event);
          done(event.pos);
        }
      }),
    );
  }

  start(): void {
    for (const { pump } of this.lanes) pump.start();
  }

  /** Ends after the message under way and saves the position. */
  async stop(): Promise<void> {
    await Promise.all(
      this.lanes.map(async ({ lane, pump }) => {
        await pump.stop();
        await lane.save();
      }),
    );
  }

  /** Resolves when everything up to `pos` is on the bus. @throws Error when stopped before */
  async drained(pos: number): Promise<void> {
    await Promise.all(this.lanes.map(({ pump }) => pump.reached(pos)));
  }

  /** Events committed and not yet on the bus. */
  lag(): number {
    return Math.max(...this.lanes.map(({ pump }) => pump.lag()));
  }

  /** Another process has committed: look now rather than at the next poll. */
  wake(): void {
    for (const { pump } of this.lanes) pump.wake();
  }
}
