import type { Sighting } from '@ganglion/contracts';
import { OnCommand } from '@ganglion/messaging';
import { AccountsReplica, Commands } from '@ganglion/service';
import { Controller } from '@nestjs/common';
import { refuse } from '../accounting.errors.js';
import { CohortRepository } from '../cohort/cohort.repository.js';
import { decide } from '../cohort/see-user/see-user.js';
import { blockDecision, type BlockInput } from '../limits/block-decision.js';
import { Rules } from '../limits/rules.provider.js';
import { Sightings } from './sightings.service.js';

/** What the gateway tells of requests it resolved (accounting.md §3), and asks on routes that limits can block (§7). */
@Controller()
export class RecordSightingController {
  constructor(
    private readonly sightings: Sightings,
    private readonly cohort: CohortRepository,
    private readonly accounts: AccountsReplica,
    private readonly commands: Commands,
    private readonly rules: Rules,
  ) {}

  @OnCommand('sight')
  async sight(sighting: Sighting): Promise<object> {
    this.demandAccounts();
    if (!this.sightings.accept(sighting) || !sighting.mauRelevant) return {};
    try {
      await this.count(sighting);
    } catch (error) {
      this.sightings.forget(sighting);
      throw error;
    }
    return {};
  }

  /** The cohort first, then the check, so that a newcomer who was let in is not blocked by the same request. */
  @OnCommand('sight_and_check')
  async sightAndCheck({ sightings, who }: { sightings: Sighting[]; who: BlockInput }): Promise<{ allow: true }> {
    this.demandAccounts();
    for (const sighting of sightings) await this.sight(sighting);
    const refusal = blockDecision(this.rules.limits(await this.cohort.committed(), this.accounts), who);
    if (refusal) throw refusal;
    return { allow: true };
  }

  /** Without the accounts a guest would count for thirty days, and an exempt user be blocked. The gateway fails open. */
  private demandAccounts(): void {
    if (this.accounts.applied().logId === '') throw refuse('ACCOUNTS_NOT_LOADED');
  }

  private async count({ userId, tsMs }: Sighting): Promise<void> {
    if (!this.rules.cohort.limitUsageByMau && !this.rules.cohort.mauStatsOnly) return;
    const account = this.accounts.get(userId) ?? null;
    const command = this.commands.make('SeeUser', 'system', { userId, tsMs, account, rules: this.rules.cohort });
    await this.cohort.decideIfAnything((cohort) => decide(cohort, command), command.meta);
  }
}
