import type { Requester, Route } from '@ganglion/contracts';
import { VSHARDS, vshardOf } from '@ganglion/kernel';

/** Which virtual shard's owner a command goes to. */
export function shardFor(
  { shardBy = { any: true }, name }: Route,
  request: { params: Record<string, string>; requester: Requester | null; body: Record<string, unknown> | null },
  spread: number,
): number {
  if ('any' in shardBy) return spread % VSHARDS;
  if ('param' in shardBy) return vshardOf(request.params[shardBy.param] ?? '');
  if ('body' in shardBy) return vshardOf(String(request.body?.[shardBy.body] ?? ''));
  if (!request.requester) throw new Error(`route ${name} is sharded by a requester that it does not demand`);
  return vshardOf(request.requester.userId);
}
