import type { AppserviceSnapshot } from '@ganglion/contracts';
import type { Logger } from '@ganglion/observability';
import { Leadership, LOGGER, type LeaderWork } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import { RegistrationFiles } from './registration-files.service.js';
import { RegistrationLog } from './registration-log.service.js';
import { RegistrationStore } from './registration.store.js';
import type { Registration } from './registration.js';
import { RoomsHead } from './rooms-head.service.js';

/**
 * Brings the log, the secrets, the lanes and the rules to what the files say, before anything is dispatched or asked.
 * Dies half-way: the next start does what is left. Afterwards holds every registration in load order. The leader's work: the
 * files are those of the machine that leads.
 */
@Injectable()
export class Registrations implements LeaderWork {
  readonly name = 'registrations';
  private current = new Map<string, Registration>();

  constructor(
    private readonly files: RegistrationFiles,
    private readonly log: RegistrationLog,
    private readonly store: RegistrationStore,
    private readonly roomsHead: RoomsHead,
    @Inject(LOGGER) private readonly logger: Logger,
    leadership: Leadership,
  ) {
    leadership.during(this);
  }

  /** @throws ConfigError when a file is wrong; the service must not start with a partial set */
  async start(): Promise<void> {
    await this.adopt(this.files.read());
    const loaded = await this.store.load(await this.log.all());
    this.current = new Map(loaded.map((one) => [one.public.asId, one]));
    this.logger.info({ appservices: [...this.current.keys()] }, 'registrations loaded');
  }

  /** In load order. */
  all(): Registration[] {
    return [...this.current.values()];
  }

  /** @throws Error when there is none: whoever asks has the id from a registration */
  get(asId: string): Registration {
    const registration = this.current.get(asId);
    if (!registration) throw new Error(`the appservice ${asId} is not registered`);
    return registration;
  }

  snapshot(): Promise<AppserviceSnapshot> {
    return this.log.snapshot();
  }

  /** What the log says exists has been prepared before; what it says is gone is cleared away afterwards. */
  private async adopt(wanted: readonly Registration[]): Promise<void> {
    const known = new Set((await this.log.all()).map(({ asId }) => asId));
    const changed = await this.prepare(wanted, known);
    for (const { public: registration } of wanted) {
      await this.log.register(registration, changed.get(registration.asId) ?? []);
    }
    const kept = wanted.map((one) => one.public.asId);
    for (const asId of known) if (!kept.includes(asId)) await this.log.remove(asId);
    await this.store.dropOthers(kept);
  }

  private async prepare(wanted: readonly Registration[], known: ReadonlySet<string>) {
    // What is new today does not hold for what happened before.
    const head = (await this.store.hasNews(wanted)) ? await this.roomsHead.read() : null;
    const { changed, lost } = await this.store.prepare(wanted, known, head);
    for (const asId of lost) {
      this.logger.error({ appservice: asId }, 'nobody knows from where on this appservice must be served; paused');
    }
    return changed;
  }
}
