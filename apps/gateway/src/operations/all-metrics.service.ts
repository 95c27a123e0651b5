import { LOG_SERVICES } from '@ganglion/contracts';
import type { RpcClient } from '@ganglion/messaging';
import type { Registry } from '@ganglion/observability';
import { text, type Answer } from '../edge/answer.js';
import { mergeMetrics, type MetricsText } from './merge-metrics.js';

/** How long the instances of a service have to answer; how many there are is not known. */
const EXPECT_MS = 500;

/** The figures of every service that answers, and of this gateway. */
export class AllMetrics {
  constructor(
    private readonly rpc: RpcClient,
    private readonly registry: Registry,
    private readonly instance: string,
  ) {}

  async handle(): Promise<Answer> {
    const own: MetricsText = { instance: this.instance, text: await this.registry.metrics() };
    const others = await Promise.all(
      LOG_SERVICES.map((service) => this.rpc.each<MetricsText>(service, 'metrics', {}, { expectMs: EXPECT_MS })),
    );
    return text(mergeMetrics([own, ...others.flat()]), this.registry.contentType);
  }
}
