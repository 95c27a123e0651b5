import { routes, type RouteReply, type RouteRequest } from '@ganglion/contracts';
import { requireUserId } from '@ganglion/matrix';
import { OnRoute, callerOf } from '@ganglion/service';
import { Controller } from '@nestjs/common';
import { refuse } from '../../core/refusals.js';
import { parseFilter } from './filter.js';
import { Filters } from './filters.service.js';

/** Everybody their own. */
@Controller()
export class FiltersController {
  constructor(private readonly filters: Filters) {}

  @OnRoute(routes.createFilter)
  async create(request: RouteRequest): Promise<RouteReply> {
    const userId = ownerOf(request);
    return { body: { filter_id: await this.filters.store(userId, parseFilter(request.body)) } };
  }

  @OnRoute(routes.getFilter)
  async read(request: RouteRequest): Promise<RouteReply> {
    return { body: await this.filters.find(ownerOf(request), request.params['filterId']!) };
  }
}

/** @throws NOT_YOURS (403) */
function ownerOf(request: RouteRequest): string {
  const { userId } = callerOf(request);
  if (requireUserId(request.params['userId']) !== userId) throw refuse('NOT_YOURS');
  return userId;
}
