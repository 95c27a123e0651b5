import { createLogger } from '@ganglion/observability';
import { Module, type INestMicroservice, type Provider, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MatrixRpcFilter } from '../rpc/matrix-rpc.filter.js';
import { RpcServer, type RpcServerOptions } from '../rpc/rpc-server.js';

export interface TestService {
  app: INestMicroservice;
  server: RpcServer;
  /** Lines that it has logged. */
  logged: Record<string, unknown>[];
}

/** A real Nest microservice with these controllers, listening. */
export async function startService(
  options: Omit<RpcServerOptions, 'logger'>,
  controllers: Type<unknown>[],
  providers: Provider[] = [],
): Promise<TestService> {
  const logged: Record<string, unknown>[] = [];
  const logger = createLogger('test', 'info', {
    write: (line: string) => void logged.push(JSON.parse(line) as Record<string, unknown>),
  });
  const server = new RpcServer({ ...options, logger });
  class Root {}
  Module({ controllers, providers })(Root);
  const app = await NestFactory.createMicroservice(Root, { strategy: server, logger: false, abortOnError: false });
  app.useGlobalFilters(new MatrixRpcFilter());
  await app.listen();
  return { app, server, logged };
}
