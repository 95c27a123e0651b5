import type { RegistrationPublic } from '@ganglion/contracts';
import { resolve } from './resolve.js';
import type { AccountState, Directory, RequestFacts, ResolveOptions, RouteFlags } from './resolve.types.js';
import { hashToken } from './token-format.js';
import { TokenTable } from './token-table.js';

export const KEY = 'a key of the deployment';
export const NOW = 1_700_000_000_000;
export const user: AccountState = { isGuest: false, isAdmin: false, deactivated: false };
export const defaults: ResolveOptions = {
  serverName: 'test',
  allowQueryAccessToken: true,
  msc3202DeviceMasquerading: true,
  trackAppserviceUserIps: false,
  trackPuppetedUserIps: false,
  tokenChecksumKey: KEY,
};

/** Replicas in memory, filled by the test. */
export class World implements Directory {
  readonly tokens = new TokenTable();
  readonly accounts = new Map<string, AccountState>();
  readonly devices = new Set<string>();
  readonly locked = new Set<string>();
  readonly suspended = new Set<string>();
  readonly shadowBanned = new Set<string>();
  readonly unknown = new Set<string>();
  readonly registrations: RegistrationPublic[] = [];
  options = defaults;

  token = (hash: string) => this.tokens.get(hash);
  isKnownUnknown = (hash: string) => this.unknown.has(hash);
  appserviceByTokenHash = (hash: string) => this.registrations.find(({ asTokenHash }) => asTokenHash === hash);
  account = (userId: string) => this.accounts.get(userId);
  hasDevice = (userId: string, deviceId: string) => this.devices.has(`${userId} ${deviceId}`);
  isLocked = (userId: string) => this.locked.has(userId);
  isSuspended = (userId: string) => this.suspended.has(userId);
  isShadowBanned = (userId: string) => this.shadowBanned.has(userId);
  seen = () => ({ auth: 7, moderation: 3 });

  withToken(
    token: string,
    owner: string,
    more: { target?: string; device?: string | null; until?: number } = {},
  ): this {
    const { target = owner, device = 'device', until = null } = more;
    for (const id of [owner, target]) if (!this.accounts.has(id)) this.accounts.set(id, user);
    this.tokens.put({
      tokenId: `id of ${token}`,
      tokenHash: hashToken(token),
      ownerUserId: owner,
      targetUserId: target,
      deviceId: device,
      validUntilMs: until,
    });
    return this;
  }

  withAppservice(more: Partial<RegistrationPublic> = {}): this {
    this.registrations.push({
      asId: 'bridge',
      sender: '@foo:test',
      asTokenHash: hashToken('as_token'),
      namespaces: { users: [{ exclusive: true, regex: '@doppel.*' }], aliases: [], rooms: [] },
      rateLimited: false,
      ipRangeWhitelist: null,
      protocols: [],
      hasUrl: true,
      ...more,
    });
    return this;
  }

  ask(facts: Partial<RequestFacts>, flags: RouteFlags = {}, nowMs = NOW) {
    const all: RequestFacts = { authorization: [], query: {}, clientIp: '127.0.0.1', userAgent: 'Element', ...facts };
    return resolve({ facts: all, flags, directory: this, options: this.options, nowMs });
  }

  /** As status-free text: what is refused, or who it is. */
  verdict(facts: Partial<RequestFacts>, flags: RouteFlags = {}): string {
    const outcome = this.ask(facts, flags);
    if (outcome.kind === 'ask') return 'ask';
    if (outcome.kind === 'resolved') return outcome.requester.userId;
    const { errcode, details } = outcome.refusal;
    return 'soft_logout' in details ? `${errcode} ${String(details['soft_logout'])}` : errcode!;
  }
}

export const q = (query: Record<string, string | string[]>): Partial<RequestFacts> => ({
  query: Object.fromEntries(Object.entries(query).map(([key, value]) => [key, [value].flat()])),
});
export const asToken = (more: Record<string, string> = {}) => q({ access_token: 'as_token', ...more });
export const bearer = (...authorization: string[]): Partial<RequestFacts> => ({ authorization });
export const UNKNOWN = 'M_UNKNOWN_TOKEN false';
