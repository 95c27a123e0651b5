import type { Config } from '@ganglion/config';
import type { RouteReply, RouteRequest } from '@ganglion/contracts';
import { controls } from '@ganglion/requester';
import { CONFIG } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import { refuse } from '../../auth.errors.js';
import { sessionInput } from '../../sessions/session-input.js';
import { AppserviceCaller } from '../appservice-caller.service.js';
import { isExclusiveTo } from '../reserved-names.js';
import { checkAppserviceLocalpart, userIdOf } from '../user-name.js';
import { UserNames } from '../user-names.service.js';
import { AccountCreation } from './account-creation.service.js';
import { inhibitLoginOf, usernameOf, type Body } from './registration-input.js';

/** Step 4 of auth.md §6.2: an application service makes an account of its namespace. Whether registration is open does not matter. */
@Injectable()
export class AppserviceRegistration {
  constructor(
    private readonly caller: AppserviceCaller,
    private readonly names: UserNames,
    private readonly creation: AccountCreation,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** @throws MISSING_TOKEN, UNKNOWN_TOKEN, MISSING_PARAM, USERNAME_INVALID, NAME_EXCLUSIVE, USER_IN_USE, APPSERVICE_LOGIN_UNSUPPORTED */
  async register(request: RouteRequest<Body | null>, body: Body): Promise<RouteReply> {
    const registration = this.caller.of(request);
    const localpart = usernameOf(body);
    if (localpart === undefined) throw refuse('MISSING_PARAM', {}, 'Missing parameter: username');
    const { server_name: serverName } = this.config.server;
    checkAppserviceLocalpart(localpart, serverName);
    const userId = userIdOf(localpart, serverName);
    if (!controls(registration, userId)) throw refuse('NAME_EXCLUSIVE', {}, 'The user ID is outside your namespaces');
    this.names.checkNotReserved(userId, registration.asId);
    await this.names.checkNotTaken(userId);
    const inhibitLogin = inhibitLoginOf(body);
    if (registration.deviceManaged && !inhibitLogin) throw refuse('APPSERVICE_LOGIN_UNSUPPORTED');
    return this.creation.create(
      {
        userId,
        kind: 'appservice',
        appserviceId: isExclusiveTo(registration, userId) ? registration.asId : null,
        userType: null,
        admin: false,
        displayName: localpart,
        credentialId: null,
        byAdmin: false,
      },
      inhibitLogin ? null : sessionInput(body),
      `appservice:${registration.asId}`,
    );
  }
}
