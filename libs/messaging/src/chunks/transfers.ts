import type { Bus, BusMessage } from '../bus/bus.js';
import { busErrors, busRefusals } from '../wire/errors.js';
import { Sweep, type Due } from '../wire/sweep.js';
import { Assembly, chunkAt, MAX_TRANSFER_BYTES } from './assembly.js';

/** Announces a payload that is too large for one message. Its sender keeps it until it was pulled or its time is over. */
export interface TransferOffer {
  id: string;
  sizeBytes: number;
  /** Private subject of the sender. */
  from: string;
}

/** Larger payloads travel in chunks; NATS itself takes 1 MB. */
const SINGLE_MESSAGE_BYTES = 512 * 1_024;
/** Room for headers within what the server takes. */
const HEADER_ROOM_BYTES = 16 * 1_024;
/** Incomplete payloads held at once in this process. */
const MAX_INCOMING_BYTES = 256 * 1_024 * 1_024;

interface Outgoing extends Due {
  bytes: Uint8Array;
  settle: () => void;
}
interface Incoming extends Due {
  assembly: Assembly;
  pull: (from: number, count: number) => void;
  arrived: (bytes: Buffer) => void;
}
interface Pull {
  from: number;
  /** 0: everything is here, forget it. */
  count: number;
  /** Where the chunks go; each to `<to>.<index>`. */
  to: string;
}

/**
 * Large payloads between two processes. The receiver pulls from the sender's private subject, a few chunks at a time, so
 * all of them reach the one instance that took the announcement. A lost chunk is not asked for again: then the payload
 * never becomes complete and the call ends by its deadline.
 */
export class Transfers {
  private readonly outgoing = new Map<string, Outgoing>();
  private readonly incoming = new Map<string, Incoming>();
  private incomingBytes = 0;
  private lastId = 0;
  private inbox: string | null = null;
  private readonly sweep: Sweep;

  constructor(private readonly bus: Bus) {
    this.sweep = new Sweep(bus.clock);
  }

  /** Whether a payload must travel this way. */
  tooLargeForOne(sizeBytes: number): boolean {
    return sizeBytes > Math.min(SINGLE_MESSAGE_BYTES, this.bus.maxMessageBytes - HEADER_ROOM_BYTES);
  }

  /**
   * @param withinMs  after that nobody wants it any more
   * @returns `settled` resolves when it was received, withdrawn, or its time is over
   * @throws  RemoteError 413
   */
  offer(bytes: Uint8Array, withinMs: number): { offer: TransferOffer; settled: Promise<void> } {
    if (bytes.length > MAX_TRANSFER_BYTES) throw busErrors.tooLarge();
    const id = String(++this.lastId);
    const settled = new Promise<void>((resolve) => {
      const dueMs = this.bus.clock.monotonicMs() + withinMs;
      const entry: Outgoing = { bytes, dueMs, due: () => this.withdraw(id), settle: resolve };
      this.outgoing.set(id, entry);
      this.sweep.add(entry);
    });
    return { offer: { id, sizeBytes: bytes.length, from: `${this.address()}.pull.${id}` }, settled };
  }

  withdraw(id: string): void {
    const entry = this.outgoing.get(id);
    if (!entry) return;
    this.outgoing.delete(id);
    this.sweep.remove(entry);
    entry.settle();
  }

  /** @throws too-large; unavailable when too much is arriving at once; timeout after `withinMs` */
  async receive({ sizeBytes, from }: TransferOffer, withinMs: number): Promise<Buffer> {
    if (sizeBytes > MAX_TRANSFER_BYTES || sizeBytes === 0) throw busRefusals.tooLarge();
    if (this.incomingBytes + sizeBytes > MAX_INCOMING_BYTES) throw busRefusals.noRoom();
    const id = String(++this.lastId);
    const to = `${this.address()}.chunk.${id}`;
    const pull = (first: number, count: number) => {
      const body: Pull = { from: first, count, to };
      this.bus.publishTo(from, JSON.stringify(body));
    };
    this.incomingBytes += sizeBytes;
    let entry: Incoming | undefined;
    try {
      return await new Promise<Buffer>((resolve, reject) => {
        const dueMs = this.bus.clock.monotonicMs() + withinMs;
        const due = () => reject(busRefusals.tooLate());
        entry = { assembly: new Assembly(sizeBytes), pull, arrived: resolve, dueMs, due };
        this.incoming.set(id, entry);
        this.sweep.add(entry);
        pull(0, entry.assembly.window);
      });
    } finally {
      this.incomingBytes -= sizeBytes;
      this.incoming.delete(id);
      if (entry) this.sweep.remove(entry);
      if (!this.bus.closed) pull(0, 0);
    }
  }

  private address(): string {
    if (this.inbox === null) {
      this.inbox = this.bus.newInbox();
      this.bus.subscribeTo(`${this.inbox}.>`, (message) => this.received(message));
    }
    return this.inbox;
  }

  private received(message: BusMessage): void {
    const [kind, id, index] = message.subject.slice(this.inbox!.length + 1).split('.');
    if (kind === 'pull') this.pulled(id!, message.json<Pull>());
    else this.chunkArrived(id!, Number(index), message.data);
  }

  private pulled(id: string, { from, count, to }: Pull): void {
    const entry = this.outgoing.get(id);
    if (!entry) return;
    if (count === 0) return this.withdraw(id);
    for (let index = from; index < from + count; index++) {
      this.bus.publishTo(`${to}.${index}`, chunkAt(entry.bytes, index));
    }
  }

  private chunkArrived(id: string, index: number, chunk: Uint8Array): void {
    const entry = this.incoming.get(id);
    if (!entry) return;
    const { next, bytes } = entry.assembly.add(index, chunk);
    if (next !== undefined) entry.pull(next, 1);
    if (bytes) entry.arrived(bytes);
  }
}
