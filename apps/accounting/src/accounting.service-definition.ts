import type { ServiceDefinition } from '@ganglion/service';
import { AccountingModule } from './app.module.js';
import { AccountingReadModels1700000002000 } from './migrations/1700000002000-accounting-read-models.js';
import { publicEvent } from './public-event.js';

export const accountingService: ServiceDefinition = {
  name: 'accounting',
  module: AccountingModule,
  log: {
    types: { 'mau.member_added': { v: 1 }, 'mau.member_refreshed': { v: 1 }, 'mau.member_expired': { v: 1 } },
    migrations: [AccountingReadModels1700000002000],
    publicEvent,
    fenced: false,
    // One cohort, one stream: whoever decides about it decides about everybody.
    sharding: 'leader',
  },
};
