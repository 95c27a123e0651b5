import { sharedSecret, type Config } from '@ganglion/config';
import { tok, type AppserviceSnapshot } from '@ganglion/contracts';
import { Aggregates, EventLog, inTransaction } from '@ganglion/event-store';
import { ALPHANUMERIC, type Clock, type Ids } from '@ganglion/kernel';
import type { Logger } from '@ganglion/observability';
import { CLOCK, CONFIG, Commands, Followers, IDS, LOGGER, POOL } from '@ganglion/service';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type pg from 'pg';
import { raiseRulesVersion } from '../interest/stored-rules.js';
import { readFiles } from './read-files.js';
import {
  register,
  registrationDecider,
  remove,
  type KnownRegistration,
  type Registration,
  type RegistrationEvent,
} from './registration.js';
import { RegistrationStore, type Beginning } from './registration.store.js';
import { RegistrationsProjection } from './registrations.projection.js';
import { RoomsHead } from './rooms-head.service.js';
import { SecretBox } from './secret-box.js';

const GENERATION_CHARS = 12;

/**
 * Brings the log, the secrets, the lanes and the rules to what the files say, before anything is dispatched or asked.
 * Dies half-way: the next start does what is left. Afterwards holds every registration in load order.
 */
@Injectable()
export class Registrations implements OnModuleInit {
  private readonly projection: RegistrationsProjection;
  private readonly aggregates: Aggregates<KnownRegistration, RegistrationEvent>;
  private readonly store: RegistrationStore;
  private current = new Map<string, Registration>();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(POOL) private readonly pool: pg.Pool,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(IDS) ids: Ids,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly log: EventLog,
    private readonly commands: Commands,
    private readonly roomsHead: RoomsHead,
    followers: Followers,
  ) {
    const box = new SecretBox(sharedSecret(config.server.data_dir, 'appservice_secrets_key'));
    this.store = new RegistrationStore(box, () => ids.random(GENERATION_CHARS, ALPHANUMERIC), log.logId);
    this.projection = new RegistrationsProjection(pool);
    this.aggregates = new Aggregates({ log, decider: registrationDecider, streamOf: registrationStream });
    followers.followOwn(this.projection);
  }

  /** @throws ConfigError when a file is wrong; the service must not start with a partial set */
  async onModuleInit(): Promise<void> {
    const wanted = readFiles(this.config.appservice.config_files, this.config.server.server_name, (warning) =>
      this.logger.warn({ warning }, 'registration file'),
    );
    await this.projection.catchUp(this.log);
    await this.adopt(wanted);
    await this.projection.catchUp(this.log);
    const { registrations } = await this.projection.snapshot();
    const loaded = await this.store.load(this.pool, registrations);
    this.current = new Map(loaded.map((one) => [one.public.asId, one]));
    this.logger.info({ appservices: [...this.current.keys()] }, 'registrations loaded');
  }

  /** In load order. */
  all(): Registration[] {
    return [...this.current.values()];
  }

  get(asId: string): Registration | undefined {
    return this.current.get(asId);
  }

  snapshot(): Promise<AppserviceSnapshot> {
    return this.projection.snapshot();
  }

  private async adopt(wanted: readonly Registration[]): Promise<void> {
    const { registrations } = await this.projection.snapshot();
    const known = new Set(registrations.map(({ asId }) => asId));
    const changed = await this.saveAll(wanted, known);
    const meta = this.commands.meta('system');
    for (const { public: registration } of wanted) {
      const privately = changed.get(registration.asId) ?? [];
      await this.aggregates.handle(registration.asId, (state) => register(state, registration, privately), meta);
    }
    const kept = new Set(wanted.map((one) => one.public.asId));
    for (const asId of known) {
      if (!kept.has(asId)) await this.aggregates.handle(asId, (state) => remove(state, asId), meta);
    }
    await inTransaction(this.pool, async (tx) => {
      await raiseRulesVersion(tx);
      await this.store.dropOthers(tx, [...kept]);
    });
  }

  /** Everything that must be there before the log says that the appservice is. @returns what changed, by appservice */
  private async saveAll(wanted: readonly Registration[], known: ReadonlySet<string>): Promise<Map<string, string[]>> {
    const beginning = await this.beginning(wanted);
    return inTransaction(this.pool, async (tx) => {
      const changed = new Map<string, string[]>();
      await raiseRulesVersion(tx);
      for (const [index, registration] of wanted.entries()) {
        const { asId } = registration.public;
        changed.set(asId, await this.store.saveSecrets(tx, registration, index));
        const served = await this.store.saveRules(tx, registration, known.has(asId), beginning);
        await this.store.saveLane(tx, registration, beginning.nowMs);
        if (!served) await this.pause(tx, asId, beginning.nowMs);
      }
      return changed;
    });
  }

  /** What is new today does not hold for what happened before. */
  private async beginning(wanted: readonly Registration[]): Promise<Beginning> {
    const isNews = await this.store.hasNews(this.pool, wanted);
    return { head: isNews ? await this.roomsHead.read() : null, nowMs: this.clock.nowMs() };
  }

  private async pause(tx: pg.PoolClient, asId: string, nowMs: number): Promise<void> {
    await this.store.pause(tx, asId, 'cursor_missing', nowMs);
    this.logger.error({ appservice: asId }, 'nobody knows from where on this appservice must be served; paused');
  }
}

const registrationStream = (asId: string): string => `registration-${tok(asId)}`;
