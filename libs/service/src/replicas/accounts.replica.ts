import type {
  AccountFlags,
  AccountRegistered,
  AuthEvent,
  AuthSnapshot,
  AuthSnapshotRequest,
  StoredEvent,
  TokenRow,
} from '@ganglion/contracts';
import type { RpcClient } from '@ganglion/messaging';
import { LRUCache } from 'lru-cache';
import { MemorySink } from '../followers.js';

/** Where tokens of the auth log go, for a replica that keeps them (the gateway's). */
export interface TokenSink {
  put(token: TokenRow): void;
  drop(tokenHash: string): void;
  /** Begins anew beside what it has, which stays in use until `done`. */
  refill(): { put(token: TokenRow): void; done(): void };
}

/** Far more than can be revoked while a request that was let in before is still on its way. */
const REMEMBERED_REVOCATIONS = 100_000;

/** Rows asked for at once: the reply stays far below what a message may carry, and reading it blocks for some ms only. */
const PAGE_ROWS = 5_000;

/**
 * Accounts and their flags: a member of auth's fence where it serves requests. With a `TokenSink` also the tokens.
 * Reads a snapshot at start, then the auth log. If it dies half-way, it had what it had before.
 */
export class AccountsReplica extends MemorySink {
  private accounts = new Map<string, AccountFlags>();
  private devices: Devices = new Map();
  private readonly revokedTokens = new LRUCache<string, true>({ max: REMEMBERED_REVOCATIONS });
  private readonly listeners = new Set<() => void>();
  private readonly changeListeners = new Set<(userId: string) => void>();
  private readonly revokedListeners = new Set<(revoked: { tokenHash: string } | { userId: string }) => void>();

  constructor(
    readonly name: string,
    private readonly rpc: Pick<RpcClient, 'query'>,
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

  /** Whether that token was revoked lately: what still arrives with it was let in before. */
  wasRevoked(tokenId: string): boolean {
    return this.revokedTokens.has(tokenId);
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

  /**
   * Pages show different moments. Going on from the oldest applies to the newer ones again what they show already, which
   * changes nothing in the end: each event sets what it is about, and the last one that is about something comes last again.
   */
  protected async load(logId: string): Promise<number> {
    const accounts = new Map<string, AccountFlags>();
    const devices: Devices = new Map();
    const tokens = this.tokens?.refill();
    let oldest = Infinity;
    for await (const page of this.pages(logId)) {
      oldest = Math.min(oldest, page.pos);
      for (const account of page.users) accounts.set(account.userId, account);
      for (const token of page.tokens) tokens?.put(token);
      for (const [userId, deviceId] of page.devices) addDevice(devices, userId, deviceId);
    }
    this.accounts = accounts;
    this.devices = devices;
    tokens?.done();
    return oldest;
  }

  private async *pages(logId: string): AsyncGenerator<AuthSnapshot> {
    let after: string | null = null;
    do {
      const request: AuthSnapshotRequest = { tokens: this.tokens !== undefined, after, limit: PAGE_ROWS };
      const page: AuthSnapshot = await this.rpc.query('auth', 'snapshot', request);
      if (page.logId !== logId) throw new Error(`the snapshot is of the log ${page.logId}, the frames are of ${logId}`);
      yield page;
      after = page.next ?? null;
    } while (after !== null);
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
        return addDevice(this.devices, data.userId, data.deviceId);
      case 'device.deleted':
        return void this.devices.get(data.userId)?.delete(data.deviceId);
      case 'token.issued':
        return this.tokens?.put(data);
      case 'token.revoked':
        this.tokens?.drop(data.tokenHash);
        this.revokedTokens.set(data.tokenId, true);
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

  private changed(userId: string): void {
    for (const listener of this.changeListeners) listener(userId);
  }

  private revoked(what: { tokenHash: string } | { userId: string }): void {
    for (const listener of this.revokedListeners) listener(what);
  }
}

/** Ids of devices by user id. */
type Devices = Map<string, Set<string>>;

function addDevice(devices: Devices, userId: string, deviceId: string): void {
  const known = devices.get(userId);
  if (known) known.add(deviceId);
  else devices.set(userId, new Set([deviceId]));
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
