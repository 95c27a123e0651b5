import type { Bus } from '../bus/bus.js';
import type { TransferOffer } from '../chunks/transfers.js';

const NOTHING = new Uint8Array(0);

/** The body of one call: in the message itself, or waiting here until the other side has pulled it. */
export class Parcel {
  /** What goes into the message. */
  readonly data: Uint8Array;
  readonly offer: TransferOffer | undefined;

  /**
   * @param withinMs  after that nobody wants it any more
   * @throws  RemoteError 413; what JSON says of values it cannot hold
   */
  constructor(
    private readonly bus: Bus,
    body: unknown,
    withinMs: number,
  ) {
    const bytes = body === undefined ? NOTHING : Buffer.from(JSON.stringify(body));
    if (!bus.transfers.tooLargeForOne(bytes.length)) {
      this.data = bytes;
      return;
    }
    this.data = NOTHING;
    this.offer = bus.transfers.offer(bytes, withinMs).offer;
  }

  /** The call is over, whether or not it was pulled. */
  discard(): void {
    if (this.offer) this.bus.transfers.withdraw(this.offer.id);
  }
}
