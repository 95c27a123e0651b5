// The other side of the request/reply benchmark, in a process of its own: a Nest microservice on our strategy, and a raw
// subscriber beside it.
import 'reflect-metadata';
import { Bus, OnQuery, RpcServer } from '@ganglion/messaging';
import { systemClock } from '@ganglion/kernel';
import { createLogger } from '@ganglion/observability';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { connect } from '@nats-io/transport-node';

class Echo {
  echo(body) {
    return body;
  }
}
OnQuery('echo')(Echo.prototype, 'echo', Object.getOwnPropertyDescriptor(Echo.prototype, 'echo'));
Controller()(Echo);
class Root {}
Module({ controllers: [Echo] })(Root);

const [url] = process.argv.slice(2);
const bus = await Bus.connect({ url, prefix: 'bench', name: 'bench-responder', report: console.error });
const strategy = new RpcServer({ bus, service: 'auth', logger: createLogger('bench', 'error'), clock: systemClock });
const app = await NestFactory.createMicroservice(Root, { strategy, logger: false });
await app.listen();
const { protocol, host, username, password } = new URL(url);
const raw = await connect({
  servers: `${protocol}//${host}`,
  ...(username ? { user: username, pass: decodeURIComponent(password) } : {}),
});
raw.subscribe('bench.raw.echo', { callback: (_error, message) => message.respond(message.data) });
await raw.flush();
process.send({ ready: true });
process.on('disconnect', () => process.exit());
