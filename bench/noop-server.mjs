// The bare stack: a Nest application on Fastify with one route that does nothing.
import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';

class Noop {
  whoami() {
    return { user_id: '@nobody:localhost', device_id: 'NOBODY', is_guest: false };
  }
}
Get('/_matrix/client/v3/account/whoami')(
  Noop.prototype,
  'whoami',
  Object.getOwnPropertyDescriptor(Noop.prototype, 'whoami'),
);
Controller()(Noop);
class Root {}
Module({ controllers: [Noop] })(Root);

const app = await NestFactory.create(Root, new FastifyAdapter(), { logger: false });
await app.listen(0, '127.0.0.1');
process.send({ url: await app.getUrl() });
process.on('disconnect', () => process.exit());
