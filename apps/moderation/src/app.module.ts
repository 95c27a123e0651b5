import { Followers } from '@ganglion/service';
import { Module, type OnModuleInit } from '@nestjs/common';
import { KnownAccounts } from './accounts/known-accounts.projection.js';
import { LiftShadowBanController } from './users/lift-shadow-ban/lift-shadow-ban.controller.js';
import { ModeratedUsers } from './users/moderated-users.repository.js';
import { RestrictedUsersController } from './users/restricted-users/restricted-users.controller.js';
import { RestrictedUsers } from './users/restricted-users/restricted-users.projection.js';
import { ShadowBanUserController } from './users/shadow-ban-user/shadow-ban-user.controller.js';

@Module({
  controllers: [ShadowBanUserController, LiftShadowBanController, RestrictedUsersController],
  providers: [ModeratedUsers, KnownAccounts, RestrictedUsers],
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
