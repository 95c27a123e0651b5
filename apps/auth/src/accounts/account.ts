import type { AccountRegistered, AuthEvent } from '@ganglion/contracts';
import type { Decider } from '@ganglion/kernel';
import { SpreadMap } from './spread-map.js';

/** Where a client is logged in. Only that it exists matters to decisions; its name is in the read model. */
export interface Device {
  displayName: string | null;
}

export interface AccessToken {
  tokenHash: string;
  /** Null: a token that acts without a device. */
  deviceId: string | null;
  /** The account it acts as; another one than the owner's for puppet tokens. */
  targetUserId: string;
}

/** An account with its devices and the tokens it owns: one stream, so that they cannot contradict each other. */
export interface Account {
  status: 'none' | 'active' | 'deactivated';
  userId: string;
  kind: AccountRegistered['data']['kind'];
  /** Names the row with the hash of the password; null: none, nobody can log in with one. */
  credentialId: string | null;
  devices: SpreadMap<Device>;
  /** By token id. */
  tokens: SpreadMap<AccessToken>;
}

export const initial = (): Account => ({
  status: 'none',
  userId: '',
  kind: 'user',
  credentialId: null,
  devices: SpreadMap.empty(),
  tokens: SpreadMap.empty(),
});

/** Total: never throws; an event it does not know leaves `account` as it is. */
export function evolve(account: Account, { type, data }: AuthEvent): Account {
  switch (type) {
    case 'account.registered': {
      const { userId, kind, credentialId = null } = data;
      return { ...account, status: 'active', userId, kind, credentialId };
    }
    case 'account.deactivated':
      return { ...account, status: 'deactivated', credentialId: null };
    case 'device.created':
      return { ...account, devices: account.devices.with(data.deviceId, { displayName: data.displayName }) };
    case 'device.deleted':
      return { ...account, devices: account.devices.without(data.deviceId) };
    case 'token.issued': {
      const { tokenId, tokenHash, deviceId, targetUserId } = data;
      return { ...account, tokens: account.tokens.with(tokenId, { tokenHash, deviceId, targetUserId }) };
    }
    case 'token.revoked':
      return { ...account, tokens: account.tokens.without(data.tokenId) };
    default:
      return account;
  }
}

export const account: Decider<Account, AuthEvent> = { initial, evolve };
