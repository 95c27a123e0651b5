import { RowColumns, UserColumn } from './token-columns.js';

/** A stored access token as requests need it. */
export interface StoredToken {
  tokenId: string;
  ownerUserId: string;
  /** The account it acts as; differs from the owner for puppet tokens only. */
  targetUserId: string;
  deviceId: string | null;
  /** Ms since the epoch; null: never expires. */
  validUntilMs: number | null;
}

/** What is put in: as stored, with the SHA-256 of the token in lower-case hex. */
export interface TokenRecord extends StoredToken {
  tokenHash: string;
}

/** 16 bytes of the hash, index of the owner, index of the row plus one (0: the slot is free). */
const SLOT_BYTES = 24;
const OWNER_AT = 16;
const ROW_AT = 20;
const MIN_SLOTS = 1_024;

/**
 * Every access token of the server, by hash: open addressing in one Buffer, at most half full, so that a million tokens
 * take 48 MB and a look-up touches one or two cache lines. Half of the hash is kept: 128 bits are enough that two tokens
 * never meet. Removal shifts the followers back, so that there are no gravestones to clean up.
 */
export class TokenTable {
  private slots = MIN_SLOTS;
  private table = Buffer.alloc(MIN_SLOTS * SLOT_BYTES);
  private count = 0;
  private users = new UserColumn();
  private rows = new RowColumns();

  get size(): number {
    return this.count;
  }

  /** Bytes of the flat part, for metrics. */
  get sizeBytes(): number {
    return this.table.length;
  }

  /**
   * Fills a table beside this one, which goes on answering with what it has until `done`; then it has what was put there, and
   * only that.
   */
  refill(): { put(token: TokenRecord): void; done(): void } {
    const beside = new TokenTable();
    return { put: (token) => beside.put(token), done: () => this.become(beside) };
  }

  /** Putting the same hash again replaces what was known of it. */
  put(token: TokenRecord): void {
    if ((this.count + 1) * 2 > this.slots) this.grow();
    const key = keyOf(token.tokenHash);
    const slot = this.find(key);
    const taken = this.rowAt(slot);
    const row = taken === -1 ? this.rows.take() : taken;
    const owner = this.users.indexOf(token.ownerUserId);
    const target = token.targetUserId === token.ownerUserId ? owner : this.users.indexOf(token.targetUserId);
    this.rows.set(row, token, target === owner ? null : target);
    key.copy(this.table, slot * SLOT_BYTES);
    this.table.writeUInt32LE(owner, slot * SLOT_BYTES + OWNER_AT);
    this.table.writeUInt32LE(row + 1, slot * SLOT_BYTES + ROW_AT);
    if (taken === -1) this.count++;
  }

  /** @param tokenHash  SHA-256, lower-case hex */
  get(tokenHash: string): StoredToken | undefined {
    const slot = this.find(keyOf(tokenHash));
    const row = this.rowAt(slot);
    if (row === -1) return undefined;
    const owner = this.table.readUInt32LE(slot * SLOT_BYTES + OWNER_AT);
    const { tokenId, target, deviceId, validUntilMs } = this.rows.get(row);
    const ownerUserId = this.users.at(owner);
    const targetUserId = target === null ? ownerUserId : this.users.at(target);
    return { tokenId, ownerUserId, targetUserId, deviceId, validUntilMs };
  }

  drop(tokenHash: string): void {
    const slot = this.find(keyOf(tokenHash));
    const row = this.rowAt(slot);
    if (row === -1) return;
    this.rows.release(row);
    this.count--;
    this.closeGap(slot);
  }

  private become({ slots, table, count, users, rows }: TokenTable): void {
    this.slots = slots;
    this.table = table;
    this.count = count;
    this.users = users;
    this.rows = rows;
  }

  /** The slot that holds the key, or the free one where it belongs. */
  private find(key: Buffer): number {
    const mask = this.slots - 1;
    let slot = key.readUInt32LE(0) & mask;
    while (this.rowAt(slot) !== -1 && key.compare(this.table, slot * SLOT_BYTES, slot * SLOT_BYTES + 16) !== 0) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private rowAt(slot: number): number {
    return this.table.readUInt32LE(slot * SLOT_BYTES + ROW_AT) - 1;
  }

  /** Moves back every follower that would not be found across the hole. */
  private closeGap(hole: number): void {
    const mask = this.slots - 1;
    let gap = hole;
    for (let slot = (gap + 1) & mask; this.rowAt(slot) !== -1; slot = (slot + 1) & mask) {
      const home = this.table.readUInt32LE(slot * SLOT_BYTES) & mask;
      if (((slot - home) & mask) < ((slot - gap) & mask)) continue;
      this.table.copyWithin(gap * SLOT_BYTES, slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES);
      gap = slot;
    }
    this.table.fill(0, gap * SLOT_BYTES, (gap + 1) * SLOT_BYTES);
  }

  private grow(): void {
    const old = this.table;
    this.slots *= 2;
    this.table = Buffer.alloc(this.slots * SLOT_BYTES);
    for (let at = 0; at < old.length; at += SLOT_BYTES) {
      if (old.readUInt32LE(at + ROW_AT) === 0) continue;
      old.copy(this.table, this.find(old.subarray(at, at + 16)) * SLOT_BYTES, at, at + SLOT_BYTES);
    }
  }
}

function keyOf(tokenHash: string): Buffer {
  return Buffer.from(tokenHash.slice(0, 32), 'hex');
}
