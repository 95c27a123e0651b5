import type { AccessToken, Account, Device } from './account.js';
import { SpreadMap } from './spread-map.js';

/** Changes whenever `evolve` or the form below does, so that snapshots of before are not read. */
export const ACCOUNT_REDUCER = 'account/2';

type Plain = Omit<Account, 'devices' | 'tokens'> & { devices: [string, Device][]; tokens: [string, AccessToken][] };

/** What JSON can carry of it; of accounts with thousands of sessions mostly their tokens. */
export function serialise(account: Account): Plain {
  return { ...account, devices: [...account.devices], tokens: [...account.tokens] };
}

export function parse(data: unknown): Account {
  const plain = data as Plain;
  return { ...plain, devices: SpreadMap.of(plain.devices), tokens: SpreadMap.of(plain.tokens) };
}
