import type { ModerationSnapshot, StoredEvent, UserShadowBanLifted, UserShadowBanned } from '@ganglion/contracts';
import type { RpcClient } from '@ganglion/messaging';
import { MemorySink } from '../followers.js';

/**
 * Flags of every restricted user, held by whoever must honour them (gateway, rooms, auth): a member of moderation's fence.
 * Reads a snapshot at start, then the moderation log. Cost: one entry per restricted user.
 */
export class RestrictionsReplica extends MemorySink {
  private readonly shadowBanned = new Set<string>();
  private readonly listeners = new Set<() => void>();
  private readonly changeListeners = new Set<(userId: string) => void>();

  constructor(
    readonly name: string,
    private readonly rpc: RpcClient,
  ) {
    super();
  }

  isShadowBanned(userId: string): boolean {
    return this.shadowBanned.has(userId);
  }

  /** After every batch; a fence member acknowledges here. */
  onApplied(listener: () => void): void {
    this.listeners.add(listener);
  }

  /** A user's flags have just changed. */
  onChanged(listener: (userId: string) => void): void {
    this.changeListeners.add(listener);
  }

  protected async load(): Promise<number> {
    const snapshot = await this.rpc.query<ModerationSnapshot>('moderation', 'snapshot', {});
    this.shadowBanned.clear();
    for (const user of snapshot.users) if (user.shadowBanned) this.shadowBanned.add(user.userId);
    return snapshot.pos;
  }

  protected applyOne(event: StoredEvent): void {
    const { type, data } = event as StoredEvent<UserShadowBanned | UserShadowBanLifted>;
    if (type === 'user.shadow_banned') this.shadowBanned.add(data.subject.id);
    else if (type === 'user.shadow_ban_lifted' && data.causesLeft === 0) this.shadowBanned.delete(data.subject.id);
    else return;
    for (const listener of this.changeListeners) listener(data.subject.id);
  }

  protected override afterApply(): void {
    for (const listener of this.listeners) listener();
  }
}
