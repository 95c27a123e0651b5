import type { FastifyReply, FastifyRequest } from 'fastify';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { fastifyOptions } from './fastify.options.js';

/** Nest's Fastify without Nest's own answers: whatever happens, `HttpEdge` words it. */
export class EdgeAdapter extends FastifyAdapter {
  constructor(
    requestId: () => string,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => void,
  ) {
    super({ ...fastifyOptions(requestId), frameworkErrors });
  }

  override setNotFoundHandler(): ReturnType<FastifyAdapter['setNotFoundHandler']> {
    return this.getInstance();
  }

  override setErrorHandler(): ReturnType<FastifyAdapter['setErrorHandler']> {
    return this.getInstance();
  }
}
