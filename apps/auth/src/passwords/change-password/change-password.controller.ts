import { routes, type Requester, type RouteReply, type RouteRequest } from '@ganglion/contracts';
import type { UserId } from '@ganglion/kernel';
import { callerOf, Commands, OnRoute, parseInput } from '@ganglion/service';
import { Controller } from '@nestjs/common';
import { Type, type Static } from 'typebox';
import { OwnAccount } from '../../accounts/own-account.service.js';
import { refuse } from '../../auth.errors.js';
import { Confirmation, type Body, type Confirmed } from '../../uia/confirmation.service.js';
import { MAX_PASSWORD_CHARS } from '../password-policy.js';
import { Passwords } from '../passwords.service.js';
import { decide } from './change-password.js';

const Input = Type.Object({
  new_password: Type.Optional(Type.String({ maxLength: MAX_PASSWORD_CHARS })),
  logout_devices: Type.Optional(Type.Boolean()),
});
type Input = Static<typeof Input>;

/** `POST /account/password`: when it has answered, the old password and the sessions that end with it are refused everywhere. */
@Controller()
export class ChangePasswordController {
  constructor(
    private readonly own: OwnAccount,
    private readonly confirmation: Confirmation,
    private readonly passwords: Passwords,
    private readonly commands: Commands,
  ) {}

  @OnRoute(routes.changePassword)
  async change(request: RouteRequest<Body | null>): Promise<RouteReply> {
    const requester = callerOf(request);
    const account = await this.own.of(requester);
    return this.confirmation.before(
      request,
      {
        route: routes.changePassword,
        account,
        read: (body) => this.read(body),
        kept: ({ logout_devices = true }) => ({ logout_devices }),
        newPassword: ({ new_password }) => new_password,
        recentSuffices: false,
        appservicesMay: false,
      },
      (confirmed) => this.set(requester, confirmed),
    );
  }

  /** @throws BAD_JSON, INVALID_PARAM, PASSWORD_… */
  private read(body: Body): Input {
    const input = parseInput(Input, body);
    if (input.new_password !== undefined) this.passwords.checkChosen(input.new_password);
    return input;
  }

  /** @throws MISSING_PARAM, PASSWORDS_UNSETTABLE, HASHING_BUSY */
  private async set(requester: Requester, { input, tokenId, passwordHash }: Confirmed<Input>): Promise<RouteReply> {
    const { new_password: password, logout_devices: logoutDevices = true } = input;
    if (password === undefined && passwordHash === null) {
      throw refuse('MISSING_PARAM', {}, 'Missing parameter: new_password');
    }
    if (!this.passwords.openSessions) throw refuse('PASSWORDS_UNSETTABLE');
    const userId = requester.userId as UserId;
    const hash = password === undefined ? passwordHash! : await this.passwords.hash(password);
    const credentialId = await this.passwords.keep(userId, hash);
    const keep = { tokenId: requester.accessTokenId, deviceId: requester.deviceId };
    const data = { userId, credentialId, logoutDevices, keep, confirmedTokenId: tokenId };
    await this.own.run(requester, this.commands.make('ChangePassword', requester, data), decide);
    return { body: {} };
  }
}
