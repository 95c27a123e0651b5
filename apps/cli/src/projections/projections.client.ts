import { loadConfig, processEnvironment } from '@ganglion/config';
import { LOG_SERVICES, type LogService } from '@ganglion/contracts';
import { systemClock } from '@ganglion/kernel';
import { Bus, RemoteError, RpcClient } from '@ganglion/messaging';
import type {
  JobStarted,
  ParkedReply,
  ParkedRequest,
  ProjectionJob,
  ProjectionRequests,
  ProjectionStatus,
} from '@ganglion/service';
import { dataFolder, ProblemToSay, readRunFile, runningSystem } from '../place.js';

const CONNECT_WITHIN_MS = 5_000;
const ANSWER_WITHIN_MS = 2_000;
const PARKED_WITHIN_MS = 10_000;

export interface Found {
  projections: ProjectionStatus[];
  /** Services of which no process that leads has answered. */
  silent: LogService[];
}

/** Talks to the processes that run projections. */
export class ProjectionsClient {
  private constructor(private readonly rpc: RpcClient) {}

  /** Of the system on the data folder; without one there, of the bus that GANGLION_NATS_URL names. @throws ProblemToSay */
  static async during<T>(work: (client: ProjectionsClient) => Promise<T>): Promise<T> {
    const { server, nats } = loadConfig(processEnvironment());
    const url = natsUrl(nats.url);
    const signal = AbortSignal.timeout(CONNECT_WITHIN_MS);
    const name = 'ganglion-cli';
    const bus = await Bus.connect({ url, prefix: server.deployment, name, signal, report: () => undefined }).catch(
      (error: unknown) => {
        if (!signal.aborted) throw error;
        throw new ProblemToSay('NATS does not answer. `ganglion doctor` says what is wrong.');
      },
    );
    try {
      return await work(new ProjectionsClient(new RpcClient({ bus, clock: systemClock })));
    } finally {
      await bus.close();
    }
  }

  /** By name. */
  async list(services: readonly LogService[] = LOG_SERVICES): Promise<Found> {
    const answers = await Promise.all(services.map((service) => this.each(service, 'projections.list', {})));
    const projections = answers.flatMap((answer) => answer ?? []).sort((a, b) => a.name.localeCompare(b.name));
    return { projections, silent: services.filter((_, i) => answers[i] === null) };
  }

  /** @throws ProblemToSay when there is none of that name, or nobody who runs it */
  async find(name: string): Promise<ProjectionStatus> {
    const { projections, silent } = await this.list();
    const found = projections.find((projection) => projection.name === name);
    if (found) return found;
    const owner = silent.find((service) => name.startsWith(`${service}.`));
    if (owner) throw new ProblemToSay(`${owner} does not answer. \`ganglion status\` says whether it runs.`);
    const names = projections.map((projection) => projection.name).join(', ');
    throw new ProblemToSay(`There is no projection ${name}. There are: ${names}.`);
  }

  /** @returns id of the job. @throws ProblemToSay when it is refused */
  async rebuild({ name, service }: ProjectionStatus, replace: boolean): Promise<string> {
    return begun(service, await this.each(service, 'projections.rebuild', { name, replace }));
  }

  /** @returns id of the job. @throws ProblemToSay when it is refused */
  async retry({ name, service }: ProjectionStatus, which: { stream?: string; pos?: number }): Promise<string> {
    return begun(service, await this.each(service, 'projections.retry', { name, ...which }));
  }

  /** Null: no process knows it (any more), or none answers. */
  job(service: LogService, id: string): Promise<ProjectionJob | null> {
    return this.each(service, 'projections.job', { id });
  }

  /** @throws ProblemToSay when a service does not answer */
  async parked(services: readonly LogService[], name: string | null, limit: number): Promise<ParkedReply> {
    const ask = async (service: LogService) => {
      const request: ParkedRequest = { name, limit };
      try {
        const options = { budgetMs: PARKED_WITHIN_MS };
        return await this.rpc.query<ParkedReply>(service, 'projections.parked', request, options);
      } catch (error) {
        if (!(error instanceof RemoteError)) throw error;
        throw new ProblemToSay(
          `${service} does not answer (${error.body.error}). \`ganglion status\` says whether it runs.`,
        );
      }
    };
    return (await Promise.all(services.map(ask))).flat();
  }

  /** The answer of the process that leads; null when there is none. */
  private async each<Name extends keyof ProjectionRequests>(
    service: LogService,
    name: Name,
    body: ProjectionRequests[Name]['ask'],
  ): Promise<ProjectionRequests[Name]['answer']> {
    type Answer = ProjectionRequests[Name]['answer'];
    const enough = (answer: Answer) => answer !== null;
    const answers = await this.rpc.each<Answer>(service, name, body, { expectMs: ANSWER_WITHIN_MS, enough });
    return answers.find(enough) ?? null;
  }
}

function natsUrl(configured: string): string {
  const run = readRunFile(dataFolder());
  if (!run && process.env['GANGLION_NATS_URL']) return configured;
  const { nats } = run ?? runningSystem(dataFolder());
  if (!nats) throw new ProblemToSay('NATS is not up yet. `ganglion status` says when the system is ready.');
  return nats.url;
}

function begun(service: LogService, started: JobStarted | null): string {
  if (!started) throw new ProblemToSay(`No process of ${service} leads at the moment. Try again in a few seconds.`);
  if ('refused' in started) throw new ProblemToSay(sentence(started.refused));
  return started.id;
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
