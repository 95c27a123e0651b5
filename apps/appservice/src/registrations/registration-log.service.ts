import { tok, type AppserviceSnapshot, type RegistrationPublic } from '@ganglion/contracts';
import { Aggregates, EventLog } from '@ganglion/event-store';
import { Commands, Followers } from '@ganglion/service';
import { Injectable } from '@nestjs/common';
import {
  register,
  registrationDecider,
  remove,
  type KnownRegistration,
  type RegistrationEvent,
} from './registration.js';
import { RegistrationsProjection } from './registrations.projection.js';

/** Registrations in the log: what it knows, and how it learns more. */
@Injectable()
export class RegistrationLog {
  private readonly aggregates: Aggregates<KnownRegistration, RegistrationEvent>;

  constructor(
    private readonly log: EventLog,
    private readonly projection: RegistrationsProjection,
    private readonly commands: Commands,
    followers: Followers,
  ) {
    this.aggregates = new Aggregates({
      log,
      decider: registrationDecider,
      streamOf: (asId) => `registration-${tok(asId)}`,
    });
    followers.followOwn(projection);
  }

  /** @param privatelyChanged  names of parts that changed and are not in the log */
  async register(registration: RegistrationPublic, privatelyChanged: readonly string[]): Promise<void> {
    const decide = (known: KnownRegistration) => register(known, registration, privatelyChanged);
    await this.aggregates.handle(registration.asId, decide, this.commands.meta('system'));
  }

  async remove(asId: string): Promise<void> {
    await this.aggregates.handle(asId, (known) => remove(known, asId), this.commands.meta('system'));
  }

  /** Everything decided before this call, in load order. */
  async all(): Promise<RegistrationPublic[]> {
    await this.projection.catchUp(this.log);
    return (await this.projection.snapshot()).registrations;
  }

  snapshot(): Promise<AppserviceSnapshot> {
    return this.projection.snapshot();
  }
}
