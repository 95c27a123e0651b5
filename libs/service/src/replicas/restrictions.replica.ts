import type { ModerationEvent, ModerationSnapshot, RestrictedUser, StoredEvent } from '@ganglion/contracts';
import type { RpcClient } from '@ganglion/messaging';
import { MemorySink } from '../followers.js';

type Restriction = Exclude<keyof RestrictedUser, 'userId'>;
const RESTRICTIONS: readonly Restriction[] = ['shadowBanned', 'suspended', 'locked'];

/**
 * Flags of every restricted user, held by whoever must honour them (gateway, rooms, auth): a member of moderation's fence.
 * Reads a snapshot at start, then the moderation log. Cost: one entry per restricted user and restriction.
 */
export class RestrictionsReplica extends MemorySink {
  private users: Record<Restriction, Set<string>> = none();
  private readonly listeners = new Set<() => void>();
  private readonly changeListeners = new Set<(userId: string) => void>();

  constructor(
    readonly name: string,
    private readonly rpc: Pick<RpcClient, 'query'>,
  ) {
    super();
  }

  isShadowBanned(userId: string): boolean {
    return this.users.shadowBanned.has(userId);
  }

  isSuspended(userId: string): boolean {
    return this.users.suspended.has(userId);
  }

  isLocked(userId: string): boolean {
    return this.users.locked.has(userId);
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
    const users = none();
    for (const user of snapshot.users) {
      for (const restriction of RESTRICTIONS) if (user[restriction]) users[restriction].add(user.userId);
    }
    this.users = users;
    return snapshot.pos;
  }

  protected applyOne(event: StoredEvent): void {
    const { type, data } = event as StoredEvent<ModerationEvent>;
    switch (type) {
      case 'user.shadow_banned':
        return this.impose('shadowBanned', data.subject.id);
      case 'user.shadow_ban_lifted':
        return this.lift('shadowBanned', data);
      case 'user.suspended':
        return this.impose('suspended', data.subject.id);
      case 'user.unsuspended':
        return this.lift('suspended', data);
      case 'user.locked':
        return this.impose('locked', data.subject.id);
      case 'user.unlocked':
        return this.lift('locked', data);
    }
  }

  protected override afterApply(): void {
    for (const listener of this.listeners) listener();
  }

  private impose(restriction: Restriction, userId: string): void {
    this.users[restriction].add(userId);
    this.changed(userId);
  }

  /** With causes left the user stays as restricted as before. */
  private lift(
    restriction: Restriction,
    { subject, causesLeft }: { subject: { id: string }; causesLeft: number },
  ): void {
    if (causesLeft > 0) return;
    this.users[restriction].delete(subject.id);
    this.changed(subject.id);
  }

  private changed(userId: string): void {
    for (const listener of this.changeListeners) listener(userId);
  }
}

function none(): Record<Restriction, Set<string>> {
  return { shadowBanned: new Set(), suspended: new Set(), locked: new Set() };
}
