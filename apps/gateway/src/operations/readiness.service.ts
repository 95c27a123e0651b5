import { LOG_SERVICES, subjects, type LogService } from '@ganglion/contracts';
import type { Bus } from '@ganglion/messaging';
import type { HealthReport } from '@ganglion/service';
import { json, text, type Answer } from '../edge/answer.js';
import type { Fences } from '../session/fences.service.js';

/** A service that is asked and says nothing for so long is not there. */
const ANSWER_MS = 1_000;

/** Whether the whole system can serve: every service says so itself, and both fences hold here. */
export class Readiness {
  constructor(
    private readonly bus: Bus,
    private readonly fences: Fences,
  ) {}

  async problems(): Promise<string[]> {
    if (!this.bus.connected) return ['NATS is away'];
    const found = await Promise.all(LOG_SERVICES.map((service) => this.problemsOf(service)));
    return [...found.flat(), ...this.fences.problems()];
  }

  async handle(): Promise<Answer> {
    const problems = await this.problems();
    return problems.length === 0 ? text('OK') : json({ ready: false, problems }, 503);
  }

  /** The first instance that answers speaks for its service. */
  private async problemsOf(service: LogService): Promise<string[]> {
    let report: HealthReport;
    try {
      report = (await this.bus.request(subjects.each(service, 'health'), {}, ANSWER_MS)) as HealthReport;
    } catch {
      return [`${service} does not answer`];
    }
    if (report.ready) return [];
    return report.problems.length > 0
      ? report.problems.map((problem) => `${service}: ${problem}`)
      : [`${service} is not ready`];
  }
}
