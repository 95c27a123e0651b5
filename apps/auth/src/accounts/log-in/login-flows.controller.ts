import type { Config } from '@ganglion/config';
import { routes, type RouteReply } from '@ganglion/contracts';
import { CONFIG, OnRoute } from '@ganglion/service';
import { Controller, Inject } from '@nestjs/common';

/** `GET /login`: what a client may log in with, in the order of auth.md §6.1. */
@Controller()
export class LoginFlowsController {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  @OnRoute(routes.loginFlows)
  flows(): RouteReply {
    const { enabled } = this.config.auth.password_config;
    const types = [...(enabled ? ['m.login.password'] : []), 'm.login.application_service'];
    return { body: { flows: types.map((type) => ({ type })) } };
  }
}
