import type { RouteReply, RouteRequest } from '@ganglion/contracts';
import type { CallOptions, RpcClient } from '@ganglion/messaging';
import { json, type Answer } from '../edge/answer.js';
import type { ClientCall } from '../edge/client-call.js';
import { withoutToken } from '../edge/query-string.js';
import type { LastWrites } from './last-writes.js';
import { shardFor } from './shard.js';

/** Odd, so that it comes by every virtual shard; long, since neighbours mostly have the same owner. */
const STRIDE = 37;

/** Hands a request to the service that owns its route: one hop, answered or refused by the owner. */
export class Forward {
  private count = 0;

  constructor(private readonly parts: { rpc: RpcClient; writes: LastWrites; timeoutMs: number; serverName: string }) {}

  async handle(call: ClientCall, signal: AbortSignal): Promise<Answer> {
    const { route, params, query, body, requester, tokenProblem, clientIp, userAgent, requestId } = call;
    const request: RouteRequest = {
      params,
      query: withoutToken(query),
      body,
      requester,
      ...(tokenProblem ? { tokenProblem } : {}),
      clientIp,
      userAgent,
    };
    const { writes, timeoutMs } = this.parts;
    const minPos = requester ? writes.of(requester.userId, route.owner) : undefined;
    const reply = await this.ask(call, request, { requestId, signal, budgetMs: timeoutMs, minPos });
    if (requester && reply.wrote) writes.wrote(requester.userId, route.owner, reply.wrote);
    return json(reply.body, reply.status ?? 200);
  }

  private ask({ route, ...call }: ClientCall, request: RouteRequest, options: CallOptions): Promise<RouteReply> {
    const { rpc, serverName } = this.parts;
    if (route.kind === 'query') return rpc.query(route.owner, route.name, request, options);
    const vshard = shardFor(route, call, { serverName, spread: STRIDE * this.count++ });
    // What reads, and PUT and DELETE, mean the same twice: transaction ids, state that is already so.
    const idempotent = route.method !== 'POST';
    return rpc.command(route.owner, vshard, route.name, request, { ...options, idempotent });
  }
}
