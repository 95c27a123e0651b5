import type { AccountRegistered, AuthEvent, TokenValidated } from '@ganglion/contracts';
import type { Decider } from '@ganglion/kernel';
import { SpreadMap } from './spread-map.js';

/** Where a client is logged in. */
export interface Device {
  displayName: string | null;
}

export interface AccessToken {
  tokenHash: string;
  /** Null: a token that acts without a device. */
  deviceId: string | null;
  /** The account it acts as; another one than the owner's for puppet tokens. */
  targetUserId: string;
  /** When it was issued, or when whoever holds it last showed again who they are; ms since the epoch. */
  validatedAtMs: number;
}

/** As folded: the log's time beside the event. */
export type AccountEvent = AuthEvent & { atMs?: number };

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
export function evolve(account: Account, event: AccountEvent): Account {
  const { type, data } = event;
  switch (type) {
    case 'account.registered': {
      const { userId, kind, credentialId = null } = data;
      return { ...account, status: 'active', userId, kind, credentialId };
    }
    case 'account.password_set':
      return { ...account, credentialId: data.credentialId };
    case 'account.deactivated':
      return { ...account, status: 'deactivated', credentialId: null };
    case 'device.created':
    case 'device.renamed':
      return { ...account, devices: account.devices.with(data.deviceId, { displayName: data.displayName }) };
    case 'device.deleted':
      return { ...account, devices: account.devices.without(data.deviceId) };
    case 'token.issued': {
      const { tokenId, tokenHash, deviceId, targetUserId } = data;
      const token = { tokenHash, deviceId, targetUserId, validatedAtMs: event.atMs ?? 0 };
      return { ...account, tokens: account.tokens.with(tokenId, token) };
    }
    case 'token.validated':
      return withValidation(account, data);
    case 'token.revoked':
      return { ...account, tokens: account.tokens.without(data.tokenId) };
    default:
      return account;
  }
}

function withValidation(account: Account, { tokenId, validatedAtMs }: TokenValidated['data']): Account {
  const token = account.tokens.get(tokenId);
  return token ? { ...account, tokens: account.tokens.with(tokenId, { ...token, validatedAtMs }) } : account;
}

export const account: Decider<Account, AccountEvent> = { initial, evolve };
