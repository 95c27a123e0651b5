import type { Sighting } from '@ganglion/contracts';

/** One row of the client-address log: the newest accepted sighting of (user, token, address). */
export interface AddressRow {
  userId: string;
  tokenRef: string;
  ip: string;
  userAgent: string;
  deviceId: string | null;
  lastSeenMs: number;
}

/** Further sightings of a key within this time are ignored. */
export const COALESCING_MS = 120_000;

export function keyOf({ userId, tokenRef, ip }: { userId: string; tokenRef: string; ip: string }): string {
  return `${userId}\n${tokenRef}\n${ip}`;
}

/** Out-of-order sightings never move a row back; a sighting without a device keeps the row's. */
export function rowAfter(row: AddressRow | undefined, sighting: Sighting): AddressRow {
  const { userId, tokenRef, ip, userAgent, deviceId, tsMs } = sighting;
  if (row && row.lastSeenMs >= tsMs) return row;
  return { userId, tokenRef, ip, userAgent, deviceId: deviceId ?? row?.deviceId ?? null, lastSeenMs: tsMs };
}

/** Stored rows with those that wait to be written laid over them, newest first. */
export function overlay(stored: AddressRow[], queued: Iterable<AddressRow>): AddressRow[] {
  const rows = new Map(stored.map((row) => [keyOf(row), row]));
  for (const row of queued) {
    const below = rows.get(keyOf(row));
    if (!below || below.lastSeenMs < row.lastSeenMs)
      rows.set(keyOf(row), { ...row, deviceId: row.deviceId ?? below?.deviceId ?? null });
  }
  return [...rows.values()].sort((a, b) => b.lastSeenMs - a.lastSeenMs);
}
