import { Followers } from '@ganglion/service';
import { Module, type OnModuleInit } from '@nestjs/common';
import { KnownAccounts } from './accounts/known-accounts.projection.js';
import { LiftShadowBanController } from './users/lift-shadow-ban/lift-shadow-ban.controller.js';
import { LockController } from './users/lock.controller.js';
import { ModeratedUsers } from './users/moderated-users.repository.js';
import { Restrictions } from './users/restrictions.service.js';
import { RestrictedUsersController } from './users/restricted-users/restricted-users.controller.js';
import { RestrictedUsers } from './users/restricted-users/restricted-users.projection.js';
import { ShadowBanUserController } from './users/shadow-ban-user/shadow-ban-user.controller.js';
import { SuspensionController } from './users/suspension.controller.js';

@Module({
  controllers: [
    LiftShadowBanController,
    LockController,
    RestrictedUsersController,
    ShadowBanUserController,
    SuspensionController,
  ],
  providers: [KnownAccounts, ModeratedUsers, RestrictedUsers, Restrictions],
})
export class ModerationModule implements OnModuleInit {
  constructor(
    private readonly followers: Followers,
    private readonly accounts: KnownAccounts,
    private readonly restricted: RestrictedUsers,
  ) {}

  onModuleInit(): void {
    this.followers.followOwn(this.restricted);
    this.followers.follow('auth', this.accounts);
  }
}
