import type { Config } from '@ganglion/config';
import type { Ids, UserId } from '@ganglion/kernel';
import { AppservicesReplica, CONFIG, IDS } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import { refuse } from '../auth.errors.js';
import { Accounts } from './accounts.repository.js';
import { isReserved } from './reserved-names.js';
import { checkLocalpart, checkUnderscore, userIdOf } from './user-name.js';

const GENERATED_DIGITS = 10;
const MAX_GENERATED = 100;

/** Which user ids are free, and for whom. */
@Injectable()
export class UserNames {
  constructor(
    private readonly accounts: Accounts,
    private readonly registrations: AppservicesReplica,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(IDS) private readonly ids: Ids,
  ) {}

  /**
   * A name that somebody wants for themselves (auth.md §6.2, step 8). Whether it is taken is said later where the operator
   * does not want it to be found out early.
   * @throws USERNAME_INVALID, NAME_EXCLUSIVE, USER_IN_USE
   */
  async checkWish(localpart: string): Promise<UserId> {
    const userId = this.checkForPerson(localpart);
    if (!this.config.auth.inhibit_user_in_use_error) await this.checkNotTaken(userId);
    return userId;
  }

  /** @throws USERNAME_INVALID, NAME_EXCLUSIVE */
  checkForPerson(localpart: string): UserId {
    const { server, auth } = this.config;
    const userId = userIdOf(localpart, server.server_name);
    checkLocalpart(localpart, server.server_name);
    this.checkNotReserved(userId, null);
    checkUnderscore(localpart, auth.allow_underscore_prefixed_localpart);
    return userId;
  }

  /**
   * @param exceptFor  id of the application service that asks for itself
   * @throws NAME_EXCLUSIVE; NAMESPACES_UNKNOWN while the registrations have not been loaded
   */
  checkNotReserved(userId: UserId, exceptFor: string | null): void {
    if (this.registrations.applied().logId === '') throw refuse('NAMESPACES_UNKNOWN');
    if (isReserved(this.registrations.all(), userId, exceptFor)) throw refuse('NAME_EXCLUSIVE');
  }

  /** In whatever case. @throws USER_IN_USE */
  async checkNotTaken(userId: UserId): Promise<void> {
    if ((await this.accounts.spellingOf(userId)) !== null) throw refuse('USER_IN_USE');
  }

  /** A numeric user id nobody has and nobody reserves, of an account that this process will own. @throws Error when many are not free */
  async generate(): Promise<UserId> {
    for (let attempt = 0; attempt < MAX_GENERATED; attempt++) {
      const userId = userIdOf(this.ids.random(GENERATED_DIGITS, '0123456789'), this.config.server.server_name);
      if (!this.accounts.owns(userId)) continue;
      const reserved = isReserved(this.registrations.all(), userId, null);
      if (!reserved && (await this.accounts.spellingOf(userId)) === null) return userId;
    }
    throw new Error(`none of ${MAX_GENERATED} generated user ids was free`);
  }
}
