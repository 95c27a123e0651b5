import { Module } from '@nestjs/common';

/** The gateway serves the table of routes itself (`edge/`); Nest holds its parts together and answers on the bus. */
@Module({})
export class GatewayModule {}
