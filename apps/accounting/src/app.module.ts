import { RpcClient } from '@ganglion/messaging';
import { AccountsReplica, Followers, Leadership } from '@ganglion/service';
import { Module, type BeforeApplicationShutdown, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { CohortRepository } from './cohort/cohort.repository.js';
import { MauController } from './cohort/mau.controller.js';
import { ReapJob } from './cohort/reap/reap.job.js';
import { Rules } from './limits/rules.provider.js';
import { AddressLog } from './sightings/address-log.repository.js';
import { RecordSightingController } from './sightings/record-sighting.controller.js';
import { Sightings } from './sightings/sightings.service.js';
import { WhoisController } from './whois/whois.controller.js';

@Module({
  controllers: [RecordSightingController, MauController, WhoisController],
  providers: [
    CohortRepository,
    ReapJob,
    Rules,
    AddressLog,
    Sightings,
    {
      provide: AccountsReplica,
      inject: [RpcClient],
      useFactory: (rpc: RpcClient) => new AccountsReplica('accounting.accounts', rpc),
    },
  ],
})
export class AccountingModule implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly followers: Followers,
    private readonly accounts: AccountsReplica,
    private readonly sightings: Sightings,
    private readonly reaper: ReapJob,
    private readonly leadership: Leadership,
  ) {}

  onModuleInit(): void {
    this.followers.follow('auth', this.accounts);
    this.leadership.during(this.reaper);
  }

  onApplicationBootstrap(): void {
    this.sightings.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.sightings.stop();
  }
}
