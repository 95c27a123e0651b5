import type { Clock } from '@ganglion/kernel';
import { CLOCK } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import { Accounts } from '../accounts/accounts.repository.js';
import { Credentials } from './credentials.store.js';

/** Longer than any registration is under way. */
const GRACE_MS = 3_600_000;
const MAX_AT_ONCE = 500;

/** Hashes that no account names: of registrations that ended half-way, and of passwords that were replaced. */
@Injectable()
export class UnnamedCredentials {
  constructor(
    private readonly accounts: Accounts,
    private readonly credentials: Credentials,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The read model only suggests (it may be behind, or being rebuilt); the log decides. */
  async dropOver(): Promise<void> {
    const unnamed: string[] = [];
    for (const { credentialId, userId } of await this.credentials.unnamed(this.clock.nowMs() - GRACE_MS, MAX_AT_ONCE)) {
      const account = await this.accounts.state(userId);
      if (account.credentialId !== credentialId) unnamed.push(credentialId);
    }
    if (unnamed.length > 0) await this.credentials.drop(unnamed);
  }
}
