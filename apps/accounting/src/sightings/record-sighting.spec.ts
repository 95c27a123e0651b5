import { loadConfig } from '@ganglion/config';
import type { Sighting } from '@ganglion/contracts';
import { FixedClock } from '@ganglion/kernel';
import type { RpcClient } from '@ganglion/messaging';
import { createLogger, Registry } from '@ganglion/observability';
import { AccountsReplica, Commands } from '@ganglion/service';
import type { CohortRepository } from '../cohort/cohort.repository.js';
import { Rules } from '../limits/rules.provider.js';
import type { AddressLog } from './address-log.repository.js';
import { RecordSightingController } from './record-sighting.controller.js';
import { Sightings } from './sightings.service.js';

const config = loadConfig({
  GANGLION_PROFILE: 'test',
  GANGLION_SERVER_NAME: 'test',
  GANGLION_ACCOUNTING__LIMIT_USAGE_BY_MAU: 'true',
  GANGLION_ACCOUNTING__MAX_MAU_VALUE: '2',
});
const clock = new FixedClock();
const sighting = (tsMs: number, changes: Partial<Sighting> = {}): Sighting => ({
  userId: '@a:test',
  tokenRef: 'hash',
  ip: '192.0.2.1',
  userAgent: 'Element',
  deviceId: 'DEV',
  tsMs,
  mauRelevant: true,
  ...changes,
});

/** Accounting whose cohort can be told to fail; counts what reaches it. */
async function accounting() {
  const state = { isAway: false, decided: 0 };
  const cohort = {
    decideIfAnything: async () => {
      if (state.isAway) throw new Error('the database is away');
      state.decided++;
    },
  };
  const rpc = { query: async () => ({ logId: 'auth', pos: 0, users: [], tokens: [], devices: [] }) };
  const accounts = new AccountsReplica('accounts', rpc as unknown as RpcClient);
  await accounts.reset('auth');
  const log = createLogger('test', 'silent');
  const sightings = new Sightings(null as unknown as AddressLog, clock, config, log, new Registry());
  const controller = new RecordSightingController(
    sightings,
    cohort as unknown as CohortRepository,
    accounts,
    new Commands(clock),
    new Rules(config, clock),
  );
  return { state, controller, sightings };
}

describe('sightings', () => {
  it('ACC-068 of one key count once in two minutes', async () => {
    const { state, controller } = await accounting();
    for (const tsMs of [1_000_000, 1_119_999, 1_120_000]) await controller.sight(sighting(tsMs));
    expect(state.decided).toBe(2);
  });

  it('count when they come again after the cohort could not be changed', async () => {
    const { state, controller } = await accounting();
    state.isAway = true;
    await expect(controller.sight(sighting(1_000_000))).rejects.toThrow('away');
    state.isAway = false;
    await controller.sight(sighting(1_000_001));
    expect(state.decided).toBe(1);
  });

  it('are not silenced for longer by a clock that jumped', async () => {
    const { sightings } = await accounting();
    expect(sightings.accept(sighting(10_000_000))).toBe(true);
    expect(sightings.accept(sighting(9_990_000))).toBe(false);
    expect(sightings.accept(sighting(5_000_000))).toBe(true);
    expect(sightings.accept(sighting(5_000_001))).toBe(false);
  });
});
