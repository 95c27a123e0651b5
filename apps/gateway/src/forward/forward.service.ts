import type { RouteReply, RouteRequest } from '@ganglion/contracts';
import type { CallOptions, RpcClient } from '@ganglion/messaging';
import { json, type Answer } from '../edge/answer.js';
import type { ClientCall } from '../edge/client-call.js';
import { withoutToken } from '../edge/query-string.js';
import { shardFor } from './shard.js';

/** Hands a request to the service that owns its route: one hop, answered or refused by the owner. */
export class Forward {
  private count = 0;

  constructor(
    private readonly rpc: RpcClient,
    private readonly timeoutMs: number,
  ) {}

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
    const options: CallOptions = { requestId, signal, budgetMs: this.timeoutMs };
    const reply =
      route.kind === 'query'
        ? await this.rpc.query<RouteReply>(route.owner, route.name, request, options)
        : await this.rpc.command<RouteReply>(route.owner, shardFor(route, call, this.count++), route.name, request, {
            ...options,
            // PUT and DELETE mean the same twice: transaction ids, state that is already so.
            idempotent: route.method === 'PUT' || route.method === 'DELETE',
          });
    return json(reply.body, reply.status ?? 200);
  }
}
