import type { Route } from '@ganglion/contracts';
import { parseUserId, serverOf } from '@ganglion/matrix';
import { clientAddress, type AddressRanges, type RequestFacts } from '@ganglion/requester';
import { refuse } from '../gateway.errors.js';
import type { Identified, Identity } from '../session/identity.service.js';
import type { LiveRequests } from '../session/live-requests.js';
import type { Fences } from '../session/fences.service.js';
import { authorizationOf, forwardedForOf, userAgentOf } from '../session/request-facts.js';
import type { Sightings } from '../sightings/sightings.service.js';
import type { Admission } from './admission.js';
import type { Answer } from './answer.js';
import { bodyOf, DEFAULT_MAX_BODY_BYTES } from './body-rules.js';
import type { ClientCall, LocalHandler, RemoteHandler } from './client-call.js';
import type { Endpoint } from './endpoints.js';
import type { Exchange } from './exchange.http.js';
import { queryOf } from './query-string.js';
import { readBody } from './request-body.reader.js';

export interface Handlers {
  local: ReadonlyMap<string, LocalHandler>;
  remote: ReadonlyMap<string, RemoteHandler>;
  /** Routes of other services. */
  forward: RemoteHandler;
}

/**
 * From the head of a request to its answer: who asks, may they, what do they send, who answers, may they still have it.
 * Each step may refuse; nothing after it happens then.
 */
export class Pipeline {
  constructor(
    private readonly parts: {
      identity: Identity;
      fences: Fences;
      live: LiveRequests;
      sightings: Sightings;
      trustedProxies: AddressRanges;
      serverName: string;
      handlers: Handlers;
      admission: Admission;
    },
  ) {}

  async answer(endpoint: Endpoint, params: Record<string, string>, exchange: Exchange): Promise<Answer> {
    if (Object.values(params).includes('')) throw refuse('NO_SUCH_PATH');
    const { request } = exchange;
    const route = endpoint.byMethod.get(request.method ?? 'GET');
    const facts = this.factsOf(exchange);
    if (!route) return this.wrongMethod(endpoint, params, facts);
    const { identity, handlers, sightings, admission } = this.parts;
    const local = handlers.local.get(route.name);
    const refused = admission.refuses(route, local !== undefined);
    if (refused) return refused;
    const who = await identity.of(facts, route);
    // Auth.md §5: admin first, then whether the user in the path is ours; nobody learns more than that before.
    if (route.auth === 'admin' && endpoint.isAdmin) this.demandLocal(params);
    const { query, clientIp, userAgent } = facts;
    const call: ClientCall = {
      route,
      params,
      query,
      body: null,
      requester: who?.requester ?? null,
      clientIp,
      userAgent,
      requestId: exchange.id,
    };
    if (who && !sightings.checks(route)) sightings.tell(who.sightings, who.requester.seen);
    return local ? local(call) : this.answerRemotely(call, who, facts, exchange);
  }

  private async answerRemotely(
    call: ClientCall,
    who: Identified | null,
    facts: RequestFacts,
    exchange: Exchange,
  ): Promise<Answer> {
    const { live, handlers, identity, sightings } = this.parts;
    const { route } = call;
    const { signal } = exchange;
    // What ends its own session must live to tell that it did.
    const guarded = who && !route.revokesCaller ? who : null;
    const done = guarded && live.add(liveOf(guarded, exchange));
    try {
      // What was revoked between the resolving and the adding found nothing to cut off.
      if (guarded) await this.demandStill(guarded);
      if (who && sightings.checks(route)) await sightings.check(who.requester, who.sightings, signal);
      if (route.body !== 'none') await this.takeBody(call, who, exchange);
      if (route.ifPresent === 'pass') Object.assign(call, await identity.presented(facts, route));
      signal.throwIfAborted();
      return await (handlers.remote.get(route.name) ?? handlers.forward)(call, signal);
    } finally {
      done?.();
      if (guarded) await this.demandStill(guarded);
    }
  }

  /** A body may take a minute; what was known of its sender before counts for nothing then. */
  private async takeBody(call: ClientCall, who: Identified | null, { request, signal }: Exchange): Promise<void> {
    const { route } = call;
    call.body = bodyOf(await readBody(request, route.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES, signal), route);
    if (!who) return;
    await this.parts.fences.open();
    call.requester = who.again();
  }

  /**
   * A look before it is acted upon, and the last before an answer leaves: the process may have stood still meanwhile. A replica
   * that lags by a frame is waited for, lest what was done be answered with 503.
   */
  private async demandStill(who: Identified): Promise<void> {
    const { fences } = this.parts;
    if (!fences.isOpen()) await fences.open();
    fences.demandOpen();
    const refusal = who.refusal();
    if (refusal) throw refusal;
  }

  private demandLocal({ userId }: Record<string, string>): void {
    if (userId === undefined) return;
    if (!parseUserId(userId)) throw refuse('NOT_A_USER_ID');
    if (serverOf(userId) !== this.parts.serverName) throw refuse('NOT_LOCAL');
  }

  /** 405, but in the admin API only after the checks that any method there would meet. */
  private async wrongMethod(endpoint: Endpoint, params: Record<string, string>, facts: RequestFacts): Promise<never> {
    if (endpoint.isAdmin) {
      const [strictest] = [...endpoint.byMethod.values()].sort((a, b) => rank(b) - rank(a));
      await this.parts.identity.of(facts, strictest!);
      this.demandLocal(params);
    }
    throw refuse('WRONG_METHOD');
  }

  private factsOf({ request }: Exchange): RequestFacts & Pick<ClientCall, 'query'> {
    const { headers, rawHeaders, socket } = request;
    return {
      authorization: authorizationOf(headers, rawHeaders),
      query: queryOf(request.url ?? ''),
      clientIp: clientAddress(socket.remoteAddress, forwardedForOf(headers), this.parts.trustedProxies),
      userAgent: userAgentOf(headers, rawHeaders),
    };
  }
}

function rank({ auth }: Route): number {
  return ['none', 'optional', 'required', 'admin'].indexOf(auth);
}

function liveOf(who: Identified, exchange: Exchange) {
  const { userId, authenticatedEntity } = who.requester;
  return {
    userIds: [userId, authenticatedEntity],
    tokenHash: who.tokenHash,
    refusal: who.refusal,
    cut: exchange.cut.bind(exchange),
  };
}
