import { OnEach } from '@ganglion/messaging';
import { Registry } from '@ganglion/observability';
import { Controller, Inject } from '@nestjs/common';
import type { HealthReport } from './health.js';
import { HEALTH, INSTANCE, REGISTRY } from './tokens.js';

/** Answers the gateway, which tells operators and load balancers about the whole system. */
@Controller()
export class HealthController {
  constructor(
    @Inject(HEALTH) private readonly report: () => Promise<HealthReport>,
    @Inject(REGISTRY) private readonly registry: Registry,
    @Inject(INSTANCE) private readonly instance: string,
  ) {}

  @OnEach('health')
  health(): Promise<HealthReport> {
    return this.report();
  }

  @OnEach('metrics')
  async metrics(): Promise<{ instance: string; text: string }> {
    return { instance: this.instance, text: await this.registry.metrics() };
  }
}
