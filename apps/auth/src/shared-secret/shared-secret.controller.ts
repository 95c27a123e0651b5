import { sharedSecret, type Config } from '@ganglion/config';
import { routes, type RouteReply, type RouteRequest } from '@ganglion/contracts';
import { CONFIG, OnRoute } from '@ganglion/service';
import { Controller, Inject } from '@nestjs/common';
import { AccountCreation } from '../accounts/register-account/account-creation.service.js';
import { inhibitLoginOf } from '../accounts/register-account/registration-input.js';
import { UserNames } from '../accounts/user-names.service.js';
import { localpartOf, userIdOf } from '../accounts/user-name.js';
import { AccountCommands } from '../accounts/account-commands.service.js';
import { refuse } from '../auth.errors.js';
import { Passwords } from '../passwords/passwords.service.js';
import { checkRefreshFlag, sessionInput } from '../sessions/session-input.js';
import { Nonces } from './nonces.store.js';
import { isRightMac } from './registration-mac.js';
import { sharedSecretInput, type SharedSecretInput } from './shared-secret-input.js';

type Body = Record<string, unknown>;

/** `/_synapse/admin/v1/register`: whoever knows the server's secret makes accounts, admins included (auth.md §11.5). */
@Controller()
export class SharedSecretController {
  private readonly secret: string;
  private readonly serverName: string;

  constructor(
    private readonly nonces: Nonces,
    private readonly names: UserNames,
    private readonly passwords: Passwords,
    private readonly creation: AccountCreation,
    private readonly accounts: AccountCommands,
    @Inject(CONFIG) { auth, server }: Config,
  ) {
    this.serverName = server.server_name;
    this.secret = auth.registration_shared_secret ?? sharedSecret(server.data_dir, 'registration_shared_secret');
  }

  @OnRoute(routes.sharedSecretNonce)
  async nonce(): Promise<RouteReply> {
    return { body: { nonce: await this.nonces.issue() } };
  }

  @OnRoute(routes.sharedSecretRegister)
  async register({ body }: RouteRequest<Body>): Promise<RouteReply> {
    this.toTheOwner(body['username']);
    const nonce = await this.burn(body['nonce']);
    const input = sharedSecretInput(body);
    if (!isRightMac(this.secret, { ...input, nonce }, input.mac)) throw refuse('HMAC_WRONG');
    checkRefreshFlag(body);
    const wanted = inhibitLoginOf(body) ? null : sessionInput(body);
    return this.create(input, wanted);
  }

  /** A nonce can be burnt once only, so it is burnt where the account will be made. What is no name fails later, in its turn. */
  private toTheOwner(username: unknown): void {
    if (typeof username === 'string') this.accounts.mustOwn(userIdOf(username.toLowerCase(), this.serverName));
  }

  /** @throws BAD_JSON, UNKNOWN */
  private async burn(nonce: unknown): Promise<string> {
    if (nonce === undefined || nonce === null) throw refuse('BAD_JSON', {}, 'nonce must be specified');
    if (typeof nonce !== 'string' || !(await this.nonces.burn(nonce)))
      throw refuse('UNKNOWN', {}, 'unrecognised nonce');
    return nonce;
  }

  private async create(input: SharedSecretInput, wanted: Parameters<AccountCreation['create']>[1]) {
    const { username, password, admin, userType, displayName } = input;
    const userId = this.names.checkForPerson(username.toLowerCase());
    await this.names.checkNotTaken(userId);
    const credentialId = await this.passwords.keep(userId, await this.passwords.hash(password));
    return this.creation.create(
      {
        userId,
        kind: 'user',
        appserviceId: null,
        userType,
        admin,
        displayName: displayName ?? localpartOf(userId),
        credentialId,
        byAdmin: true,
      },
      wanted,
      'system',
    );
  }
}
