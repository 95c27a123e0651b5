import type { Sighting } from '@ganglion/contracts';
import { overlay, rowAfter, type AddressRow } from './address-rows.js';

const sighting = (changes: Partial<Sighting> = {}): Sighting => ({
  userId: '@a:test',
  tokenRef: 'hash',
  ip: '192.0.2.1',
  userAgent: 'Element',
  deviceId: 'DEV',
  tsMs: 100,
  mauRelevant: true,
  ...changes,
});
const row = (changes: Partial<AddressRow> = {}): AddressRow => ({
  userId: '@a:test',
  tokenRef: 'hash',
  ip: '192.0.2.1',
  userAgent: 'Element',
  deviceId: 'DEV',
  lastSeenMs: 100,
  ...changes,
});

describe('client-address rows', () => {
  it('keep what the newest sighting said', () => {
    expect(rowAfter(row(), sighting({ tsMs: 200, userAgent: 'Nheko' }))).toEqual(
      row({ lastSeenMs: 200, userAgent: 'Nheko' }),
    );
  });
  it('never go back in time', () => {
    expect(rowAfter(row(), sighting({ tsMs: 50, userAgent: 'old' }))).toEqual(row());
  });
  it('keep the device when a sighting names none', () => {
    expect(rowAfter(row(), sighting({ tsMs: 200, deviceId: null })).deviceId).toBe('DEV');
  });
  it('are read with what is not written yet, newest first', () => {
    const stored = [row(), row({ ip: '192.0.2.2', lastSeenMs: 300 })];
    const queued = [row({ lastSeenMs: 400, deviceId: null }), row({ ip: '192.0.2.3', lastSeenMs: 200 })];
    expect(overlay(stored, queued).map(({ ip, lastSeenMs, deviceId }) => [ip, lastSeenMs, deviceId])).toEqual([
      ['192.0.2.1', 400, 'DEV'],
      ['192.0.2.2', 300, 'DEV'],
      ['192.0.2.3', 200, 'DEV'],
    ]);
  });
});
