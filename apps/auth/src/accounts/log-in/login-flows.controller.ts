import { routes, type RouteReply } from '@ganglion/contracts';
import { OnRoute } from '@ganglion/service';
import { Controller } from '@nestjs/common';
import { Passwords } from '../../passwords/passwords.service.js';

/** `GET /login`: what a client may log in with, in the order of auth.md §6.1. */
@Controller()
export class LoginFlowsController {
  constructor(private readonly passwords: Passwords) {}

  @OnRoute(routes.loginFlows)
  flows(): RouteReply {
    const types = [...(this.passwords.openSessions ? ['m.login.password'] : []), 'm.login.application_service'];
    return { body: { flows: types.map((type) => ({ type })) } };
  }
}
