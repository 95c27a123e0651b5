import type { Config } from '@ganglion/config';
import { CONFIG } from '@ganglion/service';
import type { UserId } from '@ganglion/kernel';
import { Inject, Injectable } from '@nestjs/common';
import { refuse } from '../auth.errors.js';
import { Credentials } from './credentials.store.js';
import { PasswordHasher } from './password-hasher.service.js';
import { checkPassword } from './password-policy.js';

/** All that the rest of auth does with passwords. */
@Injectable()
export class Passwords {
  constructor(
    private readonly hasher: PasswordHasher,
    private readonly credentials: Credentials,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Does a password open a session? Then it can be changed, too. */
  get openSessions(): boolean {
    const { enabled, localdb_enabled: kept } = this.config.auth.password_config;
    return enabled === true && kept;
  }

  /** Does it confirm what a session does? */
  get confirm(): boolean {
    const { enabled, localdb_enabled: kept } = this.config.auth.password_config;
    return enabled !== false && kept;
  }

  /** Of a password that somebody chooses for themselves. @throws PASSWORD_… */
  checkChosen(password: string): void {
    const { enabled, minimum_length, ...rules } = this.config.auth.password_config.policy;
    if (!enabled) return;
    checkPassword(password, {
      minimumLength: minimum_length,
      requireDigit: rules.require_digit,
      requireSymbol: rules.require_symbol,
      requireUppercase: rules.require_uppercase,
      requireLowercase: rules.require_lowercase,
    });
  }

  /** @throws HASHING_BUSY */
  hash(password: string): Promise<string> {
    return this.hasher.hash(password);
  }

  /** Before the event that will name it. @returns the id to name it by. @throws PASSWORDS_UNSETTABLE */
  async keep(userId: UserId, passwordHash: string): Promise<string> {
    if (!this.config.auth.password_config.localdb_enabled) throw refuse('PASSWORDS_UNSETTABLE');
    return this.credentials.keep(userId, passwordHash);
  }

  /**
   * Takes the same time whether there is no password or another one.
   * @param credentialId  null: there is none
   * @throws HASHING_BUSY
   */
  async isRight(credentialId: string | null, password: string): Promise<boolean> {
    return this.hasher.verify(await this.credentials.hashOf(credentialId), password);
  }
}
