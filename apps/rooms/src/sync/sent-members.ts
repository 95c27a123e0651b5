import { LRUCache } from 'lru-cache';

const MAX_ROOMS_PER_DEVICE = 100;
const MAX_MEMBERS_PER_ROOM = 1_000;
const MAX_DEVICES = 5_000;
const IDLE_MS = 3_600_000;

type Rooms = LRUCache<string, LRUCache<string, string>>;

/**
 * Which member events a device has been given, so that lazy loading need not repeat them. Only memory: what is forgotten is sent
 * once more, which harms nobody.
 */
export class SentMembers {
  private readonly devices = new LRUCache<string, Rooms>({ max: MAX_DEVICES, ttl: IDLE_MS, updateAgeOnGet: true });

  /** Begins anew, as an initial sync does. */
  forget(device: string): void {
    this.devices.delete(device);
  }

  has(device: string, roomId: string, member: { userId: string; eventId: string }): boolean {
    return this.devices.get(device)?.get(roomId)?.get(member.userId) === member.eventId;
  }

  remember(device: string, roomId: string, members: Iterable<{ userId: string; eventId: string }>): void {
    const rooms: Rooms = this.devices.get(device) ?? new LRUCache({ max: MAX_ROOMS_PER_DEVICE });
    const sent = rooms.get(roomId) ?? new LRUCache<string, string>({ max: MAX_MEMBERS_PER_ROOM });
    for (const { userId, eventId } of members) sent.set(userId, eventId);
    rooms.set(roomId, sent);
    this.devices.set(device, rooms);
  }
}
