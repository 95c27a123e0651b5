import { loadConfig } from '@ganglion/config';
import type { Sighting } from '@ganglion/contracts';
import { FixedClock } from '@ganglion/kernel';
import type { Bus, RpcClient } from '@ganglion/messaging';
import { Registry } from '@ganglion/observability';
import { Sightings } from './sightings.service.js';

it('a sighting that could not leave is told with the next request', () => {
  const told: unknown[] = [];
  const bus = { connected: false };
  const rpc = { tell: (...args: unknown[]) => told.push(args.at(-1)) };
  const config = loadConfig({ GANGLION_PROFILE: 'test', GANGLION_SERVER_NAME: 'test' });
  const clock = new FixedClock();
  const sightings = new Sightings(rpc as unknown as RpcClient, bus as unknown as Bus, clock, config, new Registry());
  const sighting: Sighting = {
    userId: '@a:test',
    tokenRef: 'hash',
    ip: '192.0.2.1',
    userAgent: 'x',
    deviceId: 'D',
    tsMs: clock.nowMs(),
    mauRelevant: true,
  };
  sightings.tell([sighting]);
  expect(told).toEqual([]);
  bus.connected = true;
  sightings.tell([sighting]);
  sightings.tell([sighting]);
  expect(told).toEqual([sighting]);
});
