import { routes, type RouteReply, type RouteRequest } from '@ganglion/contracts';
import { requireAlias, type Signer } from '@ganglion/matrix';
import { OnRoute } from '@ganglion/service';
import { Controller, Inject } from '@nestjs/common';
import { ReadPosition } from '../../core/read-model/read-position.service.js';
import { SIGNER } from '../../rooms.tokens.js';
import { Aliases } from '../aliases.service.js';

/** Anybody may ask where an alias points. */
@Controller()
export class ResolveAliasController {
  constructor(
    private readonly aliases: Aliases,
    private readonly reads: ReadPosition,
    @Inject(SIGNER) private readonly signer: Signer,
  ) {}

  @OnRoute(routes.resolveAlias)
  async resolve({ params }: RouteRequest): Promise<RouteReply> {
    const alias = requireAlias(params['roomAlias']);
    await this.reads.upToDate();
    return { body: { room_id: await this.aliases.resolve(alias), servers: [this.signer.serverName] } };
  }
}
