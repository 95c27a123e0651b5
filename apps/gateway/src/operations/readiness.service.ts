import { LOG_SERVICES, type LogService } from '@ganglion/contracts';
import type { Clock } from '@ganglion/kernel';
import type { Bus, RpcClient } from '@ganglion/messaging';
import type { HealthReport } from '@ganglion/service';
import { json, text, type Answer } from '../edge/answer.js';
import type { Fences } from '../session/fences.service.js';

/** A service that is asked and says nothing for so long is not there. */
const ANSWER_MS = 1_000;
/** Anybody may ask, without a token: what the services have said answers all who ask meanwhile and for so long after. */
const SHARED_MS = 1_000;

/** Whether the whole system can serve: every service says so itself, and both fences hold here. */
export class Readiness {
  private asking: Promise<string[]> | null = null;
  private known: { problems: string[]; atMs: number } | null = null;

  constructor(
    private readonly rpc: RpcClient,
    private readonly bus: Bus,
    private readonly fences: Fences,
    private readonly clock: Clock,
  ) {}

  /** Of this process as they are now, of the services as they were at most a second ago. */
  async problems(): Promise<string[]> {
    if (!this.bus.connected) return ['NATS is away'];
    return [...(await this.ofServices()), ...this.fences.problems()];
  }

  async handle(): Promise<Answer> {
    const problems = await this.problems();
    return problems.length === 0 ? text('OK') : json({ ready: false, problems }, 503);
  }

  private async ofServices(): Promise<string[]> {
    if (this.known && this.clock.monotonicMs() - this.known.atMs < SHARED_MS) return this.known.problems;
    this.asking ??= this.ask().finally(() => (this.asking = null));
    return this.asking;
  }

  private async ask(): Promise<string[]> {
    const found = await Promise.all(LOG_SERVICES.map((service) => this.problemsOf(service)));
    this.known = { problems: found.flat(), atMs: this.clock.monotonicMs() };
    return this.known.problems;
  }

  /** One instance that is ready speaks for its service: it knows whether others own what it does not. */
  private async problemsOf(service: LogService): Promise<string[]> {
    const enough = (report: HealthReport) => report.ready;
    const reports = await this.rpc.each<HealthReport>(service, 'health', {}, { expectMs: ANSWER_MS, enough });
    if (reports.length === 0) return [`${service} does not answer`];
    if (reports.some(enough)) return [];
    const problems = new Set(reports.flatMap((report) => report.problems));
    return problems.size > 0 ? [...problems].map((problem) => `${service}: ${problem}`) : [`${service} is not ready`];
  }
}
