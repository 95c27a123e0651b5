import type { Requester, Route } from '@ganglion/contracts';
import { VSHARDS, vshardOf } from '@ganglion/kernel';

type Body = Record<string, unknown>;

/** Which virtual shard's owner a command goes to. */
export function shardFor(
  { shardBy = { any: true }, name }: Route,
  request: { params: Record<string, string>; requester: Requester | null; body: Body | null },
  { serverName, spread }: { serverName: string; spread: number },
): number {
  if ('any' in shardBy) return spread % VSHARDS;
  if ('account' in shardBy) return accountShard(request.body ?? {}, serverName) ?? spread % VSHARDS;
  if ('param' in shardBy) return vshardOf(request.params[shardBy.param] ?? '');
  if ('body' in shardBy) return vshardOf(String(request.body?.[shardBy.body] ?? ''));
  if (!request.requester) throw new Error(`route ${name} is sharded by a requester that it does not demand`);
  return vshardOf(request.requester.userId);
}

/**
 * A guess that is mostly right: auth knows better, and hands on what belongs elsewhere. Requests of one UIA session that name
 * nobody go the same way, so that they come one after the other.
 */
function accountShard(body: Body, serverName: string): number | null {
  const name = body['username'] ?? field(body['identifier'], 'user') ?? body['user'];
  if (typeof name === 'string') return vshardOf(userIdOf(name, serverName));
  const session = field(body['auth'], 'session');
  return typeof session === 'string' ? vshardOf(session) : null;
}

function userIdOf(name: string, serverName: string): string {
  return name.startsWith('@') ? name : `@${name.toLowerCase()}:${serverName}`;
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Body)[key] : undefined;
}
