import { RpcClient } from '@ganglion/messaging';
import { AppservicesReplica, Followers, RestrictionsReplica } from '@ganglion/service';
import { Module, type OnModuleInit } from '@nestjs/common';
import { AccountCommands } from './accounts/account-commands.service.js';
import { AccountDirectory } from './accounts/account-directory/account-directory.projection.js';
import { Accounts } from './accounts/accounts.repository.js';
import { AppserviceCaller } from './accounts/appservice-caller.service.js';
import { DeactivateAccountController } from './accounts/deactivate-account/deactivate-account.controller.js';
import { AppserviceLogin } from './accounts/log-in/appservice-login.service.js';
import { FinishLogin } from './accounts/log-in/finish-login.service.js';
import { LogInController } from './accounts/log-in/log-in.controller.js';
import { LoginFlowsController } from './accounts/log-in/login-flows.controller.js';
import { PasswordLogin } from './accounts/log-in/password-login.service.js';
import { OwnAccount } from './accounts/own-account.service.js';
import { AccountCreation } from './accounts/register-account/account-creation.service.js';
import { AppserviceRegistration } from './accounts/register-account/appservice-registration.service.js';
import { FinishRegistration } from './accounts/register-account/finish-registration.service.js';
import { PersonRegistration } from './accounts/register-account/person-registration.service.js';
import { RegisterAccountController } from './accounts/register-account/register-account.controller.js';
import { RepeatedRegistration } from './accounts/register-account/repeated-registration.service.js';
import { UserNames } from './accounts/user-names.service.js';
import { UsernameAvailableController } from './accounts/username-available/username-available.controller.js';
import { DeleteDevicesController } from './devices/delete-devices/delete-devices.controller.js';
import { OwnDevicesController } from './devices/own-devices/own-devices.controller.js';
import { RenameDeviceController } from './devices/rename-device/rename-device.controller.js';
import { Housekeeping } from './housekeeping.service.js';
import { ChangePasswordController } from './passwords/change-password/change-password.controller.js';
import { Credentials } from './passwords/credentials.store.js';
import { PasswordHasher } from './passwords/password-hasher.service.js';
import { Passwords } from './passwords/passwords.service.js';
import { UnnamedCredentials } from './passwords/unnamed-credentials.service.js';
import { availabilityQueueProvider } from './rate-limits/availability-queue.service.js';
import { RateLimits } from './rate-limits/rate-limits.service.js';
import { moderationMemberProvider } from './replica/moderation-member.service.js';
import { ReplicaController } from './replica/replica.controller.js';
import { LogOutAllController } from './sessions/log-out-all/log-out-all.controller.js';
import { LogOutController } from './sessions/log-out/log-out.controller.js';
import { NewSessions } from './sessions/new-sessions.service.js';
import { Nonces } from './shared-secret/nonces.store.js';
import { SharedSecretController } from './shared-secret/shared-secret.controller.js';
import { Confirmation } from './uia/confirmation.service.js';
import { PasswordStage } from './uia/password.stage.js';
import { UiaSessions } from './uia/uia-sessions.store.js';
import { UiaRunner } from './uia/uia.runner.js';

@Module({
  controllers: [
    ChangePasswordController,
    DeactivateAccountController,
    DeleteDevicesController,
    LogInController,
    LoginFlowsController,
    LogOutController,
    LogOutAllController,
    OwnDevicesController,
    RegisterAccountController,
    RenameDeviceController,
    ReplicaController,
    SharedSecretController,
    UsernameAvailableController,
  ],
  providers: [
    AccountCommands,
    AccountCreation,
    AccountDirectory,
    Accounts,
    AppserviceCaller,
    AppserviceLogin,
    AppserviceRegistration,
    availabilityQueueProvider,
    Confirmation,
    Credentials,
    FinishLogin,
    FinishRegistration,
    Housekeeping,
    moderationMemberProvider,
    NewSessions,
    Nonces,
    OwnAccount,
    PasswordHasher,
    PasswordLogin,
    PasswordStage,
    Passwords,
    PersonRegistration,
    RateLimits,
    RepeatedRegistration,
    UiaRunner,
    UiaSessions,
    UnnamedCredentials,
    UserNames,
    {
      provide: AppservicesReplica,
      useFactory: (rpc: RpcClient) => new AppservicesReplica('auth.appservices', rpc),
      inject: [RpcClient],
    },
    {
      provide: RestrictionsReplica,
      useFactory: (rpc: RpcClient) => new RestrictionsReplica('auth.restrictions', rpc),
      inject: [RpcClient],
    },
  ],
})
export class AuthModule implements OnModuleInit {
  constructor(
    private readonly followers: Followers,
    private readonly directory: AccountDirectory,
    private readonly registrations: AppservicesReplica,
    private readonly restrictions: RestrictionsReplica,
  ) {}

  onModuleInit(): void {
    this.followers.followOwn(this.directory);
    this.followers.follow('appservice', this.registrations);
    this.followers.follow('moderation', this.restrictions);
  }
}
