/** User ids by number, each kept once. */
export class UserColumn {
  private readonly ids: string[] = [];
  private readonly numbers = new Map<string, number>();

  indexOf(userId: string): number {
    const known = this.numbers.get(userId);
    if (known !== undefined) return known;
    this.numbers.set(userId, this.ids.length);
    return this.ids.push(userId) - 1;
  }

  at(index: number): string {
    return this.ids[index]!;
  }
}

interface Row {
  tokenId: string;
  target: number | null;
  deviceId: string | null;
  validUntilMs: number | null;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const ID_BYTES = 16;

/** The rest of each token, a column each: an object per token would take five times the memory. */
export class RowColumns {
  private capacity = 512;
  /** Ids are UUIDs and take 16 bytes; others stand in `oddIds`. */
  private ids = Buffer.alloc(this.capacity * ID_BYTES);
  private validUntil = new Float64Array(this.capacity);
  private readonly devices: (string | null)[] = [];
  private readonly oddIds = new Map<number, string>();
  /** Puppet tokens are few. */
  private readonly targets = new Map<number, number>();
  private readonly free: number[] = [];
  private used = 0;

  take(): number {
    const again = this.free.pop();
    if (again !== undefined) return again;
    if (this.used === this.capacity) this.grow();
    return this.used++;
  }

  set(row: number, token: Omit<Row, 'target'>, target: number | null): void {
    this.release(row, false);
    if (UUID.test(token.tokenId)) this.ids.write(token.tokenId.replaceAll('-', ''), row * ID_BYTES, 'hex');
    else this.oddIds.set(row, token.tokenId);
    this.validUntil[row] = token.validUntilMs ?? NaN;
    this.devices[row] = token.deviceId;
    if (target !== null) this.targets.set(row, target);
  }

  get(row: number): Row {
    const until = this.validUntil[row]!;
    return {
      tokenId: this.oddIds.get(row) ?? this.uuid(row),
      target: this.targets.get(row) ?? null,
      deviceId: this.devices[row] ?? null,
      validUntilMs: Number.isNaN(until) ? null : until,
    };
  }

  release(row: number, forReuse = true): void {
    this.oddIds.delete(row);
    this.targets.delete(row);
    this.devices[row] = null;
    if (forReuse) this.free.push(row);
  }

  private uuid(row: number): string {
    const hex = this.ids.toString('hex', row * ID_BYTES, (row + 1) * ID_BYTES);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  private grow(): void {
    this.capacity *= 2;
    const [ids, validUntil] = [this.ids, this.validUntil];
    this.ids = Buffer.alloc(this.capacity * ID_BYTES);
    ids.copy(this.ids);
    this.validUntil = new Float64Array(this.capacity);
    this.validUntil.set(validUntil);
  }
}
