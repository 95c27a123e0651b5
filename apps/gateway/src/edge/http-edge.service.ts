import { METHODS } from 'node:http';
import type { Clock } from '@ganglion/kernel';
import type { Logger, TraceSpan } from '@ganglion/observability';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { refuse } from '../gateway.errors.js';
import { CLIENT_GONE, type Answer } from './answer.js';
import type { EdgeMetrics } from './edge-metrics.metrics.js';
import { routerPath, type Endpoint } from './endpoints.js';
import { errorAnswer } from './error-answer.mapper.js';
import { Exchange } from './exchange.http.js';
import type { Pipeline } from './pipeline.service.js';
import { endRequestSpan, requestSpan } from './request.spans.js';
import { ClientGone } from './request-body.reader.js';

type Serve = (exchange: Exchange) => Promise<Answer>;

/**
 * The one listener for clients: every endpoint of the table, and an answer in Matrix's words to everything else.
 * Writes answers, figures and one log line each. Nothing that is thrown behind it reaches a client as it is.
 */
export class HttpEdge {
  private closing = false;

  constructor(
    private readonly parts: {
      pipeline: Pipeline;
      metrics: EdgeMetrics;
      clock: Clock;
      logger: Logger;
      honourTraceparent: boolean;
    },
  ) {}

  register(server: FastifyInstance, endpoints: readonly Endpoint[]): void {
    // Every method has routes, so that a path that exists is 405 for those it does not know; CONNECT never gets here.
    // None has a body for Fastify: the pipeline reads them, once it is known that somebody may send one.
    for (const method of METHODS) if (method !== 'CONNECT') server.addHttpMethod(method, { overrideExisting: true });
    server.addHook('onRequest', (request, reply, done) => {
      if (request.method !== 'OPTIONS') return done();
      this.serve('options', request, reply, () => Promise.resolve({ status: 200, body: '' }));
    });
    for (const endpoint of endpoints) {
      server.route({
        method: server.supportedMethods,
        url: routerPath(endpoint.template),
        handler: (request, reply) => this.serveEndpoint(endpoint, request, reply),
      });
    }
    server.setNotFoundHandler((request, reply) => this.refuse('unknown', request, reply, refuse('NO_SUCH_PATH')));
    server.setErrorHandler((error, request, reply) => this.refuse('error', request, reply, error));
  }

  /** What the router cannot read; it runs no hook then. */
  readonly badAddress = (_error: Error, request: FastifyRequest, reply: FastifyReply): void => {
    if (request.method === 'OPTIONS') {
      this.serve('options', request, reply, () => Promise.resolve({ status: 200, body: '' }));
    } else this.refuse('unknown', request, reply, refuse('BAD_ESCAPE'));
  };

  /** Answers from now on close their connection. */
  drain(): void {
    this.closing = true;
  }

  private serveEndpoint(endpoint: Endpoint, request: FastifyRequest, reply: FastifyReply): void {
    const route = endpoint.byMethod.get(request.method)?.name ?? 'wrong_method';
    const params = request.params as Record<string, string>;
    const serve: Serve = (exchange) => {
      exchange.allow = endpoint.allow;
      return this.parts.pipeline.answer(endpoint, params, exchange);
    };
    this.serve(route, request, reply, serve, endpoint.template);
  }

  private refuse(route: string, request: FastifyRequest, reply: FastifyReply, error: unknown): void {
    this.serve(route, request, reply, () => Promise.reject(error));
  }

  private serve(
    route: string,
    { id, raw: request }: FastifyRequest,
    reply: FastifyReply,
    answer: Serve,
    template: string | null = null,
  ): void {
    reply.hijack();
    const { honourTraceparent } = this.parts;
    const span = requestSpan({ request, route, template, requestId: id, honourTraceparent });
    const finish = () => this.finish(route, new Exchange(id, request, reply.raw), answer, span);
    void (span ? span.run(finish) : finish());
  }

  private async finish(route: string, exchange: Exchange, answer: Serve, span: TraceSpan | null): Promise<void> {
    const { clock, metrics } = this.parts;
    const startedMs = clock.monotonicMs();
    let result: Answer & { errcode?: string };
    try {
      result = await answer(exchange);
    } catch (error) {
      result = this.failed(error, exchange);
    }
    const status = exchange.send(result, this.closing);
    const elapsedMs = clock.monotonicMs() - startedMs;
    metrics.answered(route, exchange.request.method ?? '', status, elapsedMs);
    this.log(exchange, route, status, elapsedMs);
    if (span) endRequestSpan(span, status, result.errcode);
  }

  private failed(error: unknown, { id, allow }: Exchange): Answer & { errcode?: string } {
    if (error instanceof ClientGone) return { status: CLIENT_GONE, body: '' };
    const answer = errorAnswer(error);
    if (answer.isBug) this.parts.logger.error({ err: error, reqId: id }, 'a request failed for no reason it meant');
    return answer.status === 405 && allow ? { ...answer, headers: { Allow: allow } } : answer;
  }

  private log({ id, request }: Exchange, route: string, status: number, elapsedMs: number): void {
    const { logger } = this.parts;
    // While the fence is closed every request is a 503; the figures count them, the log need not.
    const level = status >= 500 && status !== 503 ? 'info' : 'debug';
    if (!logger.isLevelEnabled(level)) return;
    const { method, url = '' } = request;
    // Never what comes after the path: which parameters hold secrets nobody can list.
    const [path] = url.split(/[?#]/, 1);
    logger[level]({ reqId: id, route, method, path, status, ms: Math.round(elapsedMs) }, 'request');
  }
}
