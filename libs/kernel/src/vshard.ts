import { createHash } from 'node:crypto';

/** Fixed for the life of a deployment: changing it would move every aggregate to another owner. */
export const VSHARDS = 64;

/** The virtual shard of an aggregate, from the id that clients know (user id, room id, appservice id). */
export function vshardOf(id: string): number {
  return createHash('sha256').update(id).digest()[0]! % VSHARDS;
}
