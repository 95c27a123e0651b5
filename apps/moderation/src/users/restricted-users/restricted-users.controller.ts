import type { ModerationSnapshot } from '@ganglion/contracts';
import { OnQuery } from '@ganglion/messaging';
import { Controller } from '@nestjs/common';
import { RestrictedUsers } from './restricted-users.projection.js';

/** `qry.moderation.snapshot`: what gateways, rooms and auth load at start. */
@Controller()
export class RestrictedUsersController {
  constructor(private readonly users: RestrictedUsers) {}

  @OnQuery('snapshot')
  snapshot(): Promise<ModerationSnapshot> {
    return this.users.snapshot();
  }
}
