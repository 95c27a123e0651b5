import type {
  AccountFlags,
  AccountRegistered,
  AuthEvent,
  AuthSnapshot,
  StoredEvent,
  TokenRow,
} from '@ganglion/contracts';
import type { RpcClient } from '@ganglion/messaging';
import { MemorySink } from '../followers.js';

/** Where tokens of the auth log go, for a replica that keeps them (the gateway's). */
export interface TokenSink {
  clear(): void;
  put(token: TokenRow): void;
  drop(tokenHash: string): void;
}

/**
 * Accounts and their flags: a member of auth's fence where it serves requests. With a `TokenSink` also the tokens.
 * Reads a snapshot at start, then the auth log.
 */
export class AccountsReplica extends MemorySink {
  private readonly accounts = new Map<string, AccountFlags>();
  private readonly devices = new Map<string, Set<string>>();
  private readonly listeners = new Set<() => void>();
  private readonly changeListeners = new Set<(userId: string) => void>();
  private readonly revokedListeners = new Set<(revoked: { tokenHash: string } | { userId: string }) => void>();

  constructor(
    readonly name: string,
    private readonly rpc: RpcClient,
    private readonly tokens?: TokenSink,
  ) {
    super();
  }

  get(userId: string): AccountFlags | undefined {
    return this.accounts.get(userId);
  }

  hasDevice(userId: string, deviceId: string): boolean {
    return this.devices.get(userId)?.has(deviceId) ?? false;
  }

  /** After every batch; a fence member acknowledges here. */
  onApplied(listener: () => void): void {
    this.listeners.add(listener);
  }

  /** A token stopped being valid, or an account was deactivated: end what it has under way. Runs before `onApplied`. */
  onRevoked(listener: (revoked: { tokenHash: string } | { userId: string }) => void): void {
    this.revokedListeners.add(listener);
  }

  /** An account may do more or less than before: look again at what it has under way. Runs before `onApplied`. */
  onChanged(listener: (userId: string) => void): void {
    this.changeListeners.add(listener);
  }

  protected async load(): Promise<number> {
    const snapshot = await this.rpc.query<AuthSnapshot>('auth', 'snapshot', { tokens: this.tokens !== undefined });
    this.accounts.clear();
    this.devices.clear();
    this.tokens?.clear();
    for (const account of snapshot.users) this.accounts.set(account.userId, account);
    for (const token of snapshot.tokens) this.tokens?.put(token);
    for (const [userId, deviceId] of snapshot.devices) this.addDevice(userId, deviceId);
    return snapshot.pos;
  }

  protected applyOne(event: StoredEvent): void {
    const { type, data } = event as StoredEvent<AuthEvent>;
    switch (type) {
      case 'account.registered':
        return void this.accounts.set(data.userId, flagsOf(data));
      case 'account.admin_set':
        this.change(data.userId, { isAdmin: data.value });
        return this.changed(data.userId);
      case 'account.deactivated':
        this.change(data.userId, { deactivated: true });
        return this.revoked({ userId: data.userId });
      case 'device.created':
        return this.addDevice(data.userId, data.deviceId);
      case 'device.deleted':
        return void this.devices.get(data.userId)?.delete(data.deviceId);
      case 'token.issued':
        return this.tokens?.put(data);
      case 'token.revoked':
        this.tokens?.drop(data.tokenHash);
        return this.revoked({ tokenHash: data.tokenHash });
    }
  }

  protected override afterApply(): void {
    for (const listener of this.listeners) listener();
  }

  private change(userId: string, flags: Partial<AccountFlags>): void {
    const account = this.accounts.get(userId);
    if (account) this.accounts.set(userId, { ...account, ...flags });
  }

  private addDevice(userId: string, deviceId: string): void {
    const devices = this.devices.get(userId);
    if (devices) devices.add(deviceId);
    else this.devices.set(userId, new Set([deviceId]));
  }

  private changed(userId: string): void {
    for (const listener of this.changeListeners) listener(userId);
  }

  private revoked(what: { tokenHash: string } | { userId: string }): void {
    for (const listener of this.revokedListeners) listener(what);
  }
}

export function flagsOf(registered: AccountRegistered['data']): AccountFlags {
  return {
    userId: registered.userId,
    isGuest: registered.kind === 'guest',
    isAdmin: registered.admin,
    deactivated: false,
    appserviceId: registered.appserviceId,
    userType: registered.userType,
    createdTs: registered.createdTs,
  };
}
