/** Size of one chunk; the last may be shorter. A quarter of what a message may hold, so that others get in between. */
export const CHUNK_BYTES = 256 * 1_024;
/** Chunks under way at once. The receiver asks for the next one when one has arrived, so a slow one is never flooded. */
export const WINDOW = 4;
/** Largest payload that travels at all. */
export const MAX_TRANSFER_BYTES = 64 * 1_024 * 1_024;

export const chunkCount = (sizeBytes: number): number => Math.ceil(sizeBytes / CHUNK_BYTES);

export function chunkAt(bytes: Uint8Array, index: number): Uint8Array {
  return bytes.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
}

/** Puts chunks together, whatever their order. Complete only when each has come once, at its own length. */
export class Assembly {
  private readonly bytes: Buffer;
  private readonly have: Uint8Array;
  private missing: number;
  private asked: number;

  constructor(sizeBytes: number) {
    this.bytes = Buffer.allocUnsafe(sizeBytes);
    this.missing = chunkCount(sizeBytes);
    this.have = new Uint8Array(this.missing);
    this.asked = Math.min(WINDOW, this.missing);
  }

  /** How many chunks to ask for at the start, from 0. */
  get window(): number {
    return this.asked;
  }

  /**
   * @returns `next`: the chunk to ask for now, if any; `bytes`: the whole, with the last chunk.
   *          Nothing for one that is not of this payload or was here before.
   */
  add(index: number, chunk: Uint8Array): { next?: number; bytes?: Buffer } {
    if (this.have[index] !== 0 || chunk.length !== this.lengthOf(index)) return {};
    this.have[index] = 1;
    this.bytes.set(chunk, index * CHUNK_BYTES);
    if (--this.missing === 0) return { bytes: this.bytes };
    return this.asked < this.have.length ? { next: this.asked++ } : {};
  }

  private lengthOf(index: number): number {
    return Math.min(CHUNK_BYTES, this.bytes.length - index * CHUNK_BYTES);
  }
}
