import type { Event } from '@ganglion/kernel';

/** moderation.md §3.3. Stream `user-<tok(user id)>`; public on `moderation.<type>.<tok(user id)>`. */
export type UserShadowBanned = Event<
  'user.shadow_banned',
  {
    subject: { kind: 'user'; id: string };
    causeKey: string;
    scope: 'server';
    origin: 'admin' | 'registration' | 'rule';
    /** Name and picture others go on seeing; taken when the ban starts. */
    frozenProfile: { displayname: string | null; avatarUrl: string | null };
  }
>;
export type UserShadowBanLifted = Event<
  'user.shadow_ban_lifted',
  {
    subject: { kind: 'user'; id: string };
    causeKey: string;
    /** Event id of the ban that this one ends. */
    reverses: string;
    causesLeft: number;
    release: 'none';
  }
>;
/** May read and leave, but not act towards others. */
export type UserSuspended = Event<'user.suspended', RestrictionImposed>;
export type UserUnsuspended = Event<'user.unsuspended', RestrictionLifted>;
/** May do nothing but log out. */
export type UserLocked = Event<'user.locked', RestrictionImposed>;
export type UserUnlocked = Event<'user.unlocked', RestrictionLifted>;
interface RestrictionImposed {
  subject: { kind: 'user'; id: string };
  causeKey: string;
}
interface RestrictionLifted {
  subject: { kind: 'user'; id: string };
  causeKey: string;
  /** Event id of the restriction that this one ends. */
  reverses: string;
  /** 0: the user is free of it. */
  causesLeft: number;
}
export type ModerationEvent =
  UserShadowBanned | UserShadowBanLifted | UserSuspended | UserUnsuspended | UserLocked | UserUnlocked;

/** `qry.moderation.snapshot`: the flags of every restricted user, as of `pos`. */
export interface ModerationSnapshot {
  logId: string;
  pos: number;
  users: RestrictedUser[];
}
export interface RestrictedUser {
  userId: string;
  shadowBanned: boolean;
  suspended: boolean;
  locked: boolean;
}

/** Payload of one message on a public `moderation.>` subject (envelope of moderation.md §3.1, staff-only parts left out). */
export interface PublicEvent {
  id: string;
  type: string;
  v: number;
  at: number;
  /** Position in the log, to resume from. */
  pos: number;
  log_id: string;
  subject: { kind: string; id: string };
  seq: number;
  actor: { kind: string; id: string };
  cause_key?: string;
  reverses?: string;
  data: Record<string, unknown>;
}
