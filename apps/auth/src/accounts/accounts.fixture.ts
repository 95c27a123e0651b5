import type {
  AccountDeactivated,
  AccountPasswordSet,
  AccountRegistered,
  DeviceCreated,
  DeviceDeleted,
  DeviceRenamed,
  TokenIssued,
  TokenRevoked,
  TokenValidated,
} from '@ganglion/contracts';
import type { CommandMeta, DeviceId, UserId } from '@ganglion/kernel';
import type { NewSession } from '../sessions/open-session.js';
import type { NewAccount } from './register-account/register-account.js';

/** Builders of what is known of one account, with fixed defaults. */
export const KERMIT = '@kermit:test' as UserId;
export const PHONE = 'FROGFONE' as DeviceId;
export const meta: CommandMeta = { nowMs: 1_700_000_000_500, actor: KERMIT, correlationId: 'r1' };

export const newAccount = (changes: Partial<NewAccount> = {}): NewAccount => ({
  userId: KERMIT,
  kind: 'user',
  appserviceId: null,
  userType: null,
  admin: false,
  displayName: 'kermit',
  credentialId: 'credential-1',
  byAdmin: false,
  ...changes,
});

export const registered = (changes: Partial<AccountRegistered['data']> = {}): AccountRegistered => ({
  type: 'account.registered',
  data: { ...newAccount(), createdTs: 1_700_000_000, hasPassword: true, authProviderId: null, ...changes },
});

export const session = (changes: Partial<NewSession> = {}): NewSession => ({
  deviceId: PHONE,
  displayName: 'Phone',
  tokenId: 'token-1',
  tokenHash: 'hash-1',
  validUntilMs: null,
  ...changes,
});

export const device = (deviceId: string = PHONE, displayName: string | null = 'Phone'): DeviceCreated => ({
  type: 'device.created',
  data: { userId: KERMIT, deviceId, displayName },
});

export const deviceGone = (deviceId: string = PHONE): DeviceDeleted => ({
  type: 'device.deleted',
  data: { userId: KERMIT, deviceId },
});

export const token = (nr: number, changes: Partial<TokenIssued['data']> = {}): TokenIssued => ({
  type: 'token.issued',
  data: {
    tokenId: `token-${nr}`,
    tokenHash: `hash-${nr}`,
    ownerUserId: KERMIT,
    targetUserId: KERMIT,
    deviceId: PHONE,
    validUntilMs: null,
    ...changes,
  },
});

export const revoked = (nr: number, reason: TokenRevoked['data']['reason'] = 'logout'): TokenRevoked => ({
  type: 'token.revoked',
  data: { tokenId: `token-${nr}`, tokenHash: `hash-${nr}`, ownerUserId: KERMIT, reason },
});

export const renamed = (displayName: string | null, deviceId: string = PHONE): DeviceRenamed => ({
  type: 'device.renamed',
  data: { userId: KERMIT, deviceId, displayName },
});

export const validated = (nr: number, validatedAtMs = meta.nowMs): TokenValidated => ({
  type: 'token.validated',
  data: { tokenId: `token-${nr}`, ownerUserId: KERMIT, validatedAtMs },
});

export const passwordSet = (changes: Partial<AccountPasswordSet['data']> = {}): AccountPasswordSet => ({
  type: 'account.password_set',
  data: { userId: KERMIT, by: 'self', logoutDevices: true, credentialId: 'credential-2', ...changes },
});

export const deactivated = (changes: Partial<AccountDeactivated['data']> = {}): AccountDeactivated => ({
  type: 'account.deactivated',
  data: { userId: KERMIT, erase: false, byAdmin: false, ...changes },
});
