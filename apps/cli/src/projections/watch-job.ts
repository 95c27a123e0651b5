import { setTimeout as pause } from 'node:timers/promises';
import type { LogService } from '@ganglion/contracts';
import { hasEnded, type ProjectionJob } from '@ganglion/service';
import { ProblemToSay } from '../place.js';
import type { ProjectionsClient } from './projections.client.js';

const ASK_EVERY_MS = 250;
/** A service that is started again does not know the job any more. */
const MOST_SILENT = 5;

/**
 * Follows a job to its end.
 * @param tell  called with what is known of it, several times a second
 * @throws ProblemToSay when the process that did it has ended
 */
export async function watchJob(
  client: Pick<ProjectionsClient, 'job'>,
  { service, name, id }: { service: LogService; name: string; id: string },
  tell: (job: ProjectionJob) => void,
): Promise<ProjectionJob> {
  for (let silent = 0; silent < MOST_SILENT;) {
    const job = await client.job(service, id);
    silent = job ? 0 : silent + 1;
    if (job) tell(job);
    if (job && hasEnded(job)) return job;
    await pause(ASK_EVERY_MS);
  }
  throw new ProblemToSay(
    `The process that worked on ${name} has ended. Nothing that serves was changed by it: run the command again.`,
  );
}

/** Draws over its last line on a terminal; elsewhere a line every few seconds. */
export class ProgressLine {
  private lastMs = -Infinity;
  private drawn = false;

  constructor(
    private readonly out: { isTTY?: boolean; columns?: number; write(text: string): unknown },
    private readonly nowMs: () => number,
    private readonly everyMs = 3_000,
  ) {}

  show(text: string): void {
    if (this.out.isTTY) {
      this.out.write(`\r\u001b[K${text.slice(0, (this.out.columns ?? 80) - 1)}`);
      this.drawn = true;
    } else if (this.nowMs() - this.lastMs >= this.everyMs) {
      this.lastMs = this.nowMs();
      this.out.write(`${text}\n`);
    }
  }

  end(): void {
    if (this.drawn) this.out.write('\r\u001b[K');
    this.drawn = false;
  }
}
