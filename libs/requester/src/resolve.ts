import type { RegistrationPublic, Requester } from '@ganglion/contracts';
import { Refusal } from '@ganglion/kernel';
import { extractToken } from './extract-token.js';
import { masquerade, mayComeFrom } from './masquerade.js';
import { refusals } from './requester.errors.js';
import type { AccountState, Directory, RequestFacts, Resolution, ResolveOptions, RouteFlags } from './resolve.types.js';
import { sightingsOf } from './sightings.js';
import { ACCESS_TOKEN, hashToken, hasRightChecksum, parseToken } from './token-format.js';
import type { StoredToken } from './token-table.js';

interface Question {
  facts: RequestFacts;
  flags: RouteFlags;
  directory: Directory;
  options: ResolveOptions;
  nowMs: number;
}

type Found = Omit<Requester, 'seen' | 'scope' | 'suspended' | 'shadowBanned'>;

/**
 * Who asks? The steps of auth.md §4 in their order; the first failure ends the request. Pure: the same facts and the same
 * replicas give the same answer. `ask`: the token is one of ours but the replica lacks it; ask auth once, then resolve
 * again.
 */
export function resolve(question: Question): Resolution {
  const token = extractToken(question.facts, question.options);
  return typeof token === 'string' ? resolveToken(token, question) : refused(token);
}

/** The same for a token that has been extracted already. */
export function resolveToken(token: string, question: Question): Resolution {
  if (hasNonAscii(token)) return refused(refusals.tokenUnknown);
  const tokenHash = hashToken(token);
  const { directory, facts } = question;
  const registration = directory.appserviceByTokenHash(tokenHash);
  if (registration && mayComeFrom(registration, facts.clientIp)) {
    return resolveAppservice(registration, tokenHash, question);
  }
  const stored = directory.token(tokenHash);
  if (stored) return resolveStored(stored, tokenHash, question);
  return mayBeNewer(token, tokenHash, question) ? { kind: 'ask', tokenHash } : refused(refusals.tokenUnknown);
}

function resolveAppservice(registration: RegistrationPublic, tokenHash: string, question: Question): Resolution {
  const { directory, facts, options } = question;
  const acting = masquerade(registration, facts.query, directory, options);
  if (acting instanceof Refusal) return refused(acting);
  const { userId, deviceId } = acting;
  return admitted(
    {
      userId,
      authenticatedEntity: userId,
      accessTokenId: null,
      deviceId,
      isGuest: false,
      isAdmin: directory.account(userId)?.isAdmin ?? false,
      appServiceId: registration.asId,
    },
    tokenHash,
    question,
  );
}

function resolveStored(token: StoredToken, tokenHash: string, question: Question): Resolution {
  const { directory } = question;
  const { ownerUserId, targetUserId } = token;
  const user = directory.account(targetUserId);
  const owner = directory.account(ownerUserId);
  // Tokens of a deactivated account do not exist any more, even where their removal is still to come.
  if (!user || !owner || owner.deactivated) return refused(refusals.tokenUnknown);
  const refusal = stateRefusal(token, user, question);
  if (refusal) return refused(refusal);
  return admitted(
    {
      userId: targetUserId,
      authenticatedEntity: ownerUserId,
      accessTokenId: token.tokenId,
      deviceId: token.deviceId,
      isGuest: user.isGuest,
      isAdmin: user.isAdmin,
      appServiceId: null,
    },
    tokenHash,
    question,
  );
}

/** Auth.md §4.3.3 and §4.5, in their order. */
function stateRefusal(
  { ownerUserId, targetUserId, validUntilMs }: StoredToken,
  user: AccountState,
  { directory, flags, nowMs }: Question,
): Refusal | null {
  if (!flags.allowExpired && validUntilMs !== null && validUntilMs < nowMs) return refusals.tokenExpired;
  const isLocked = directory.isLocked(targetUserId) || directory.isLocked(ownerUserId);
  if (isLocked && !flags.allowLocked) return refusals.userLocked;
  if (user.deactivated) return refusals.userDeactivated; // a puppet: its owner is not
  if (!flags.allowExpired && (user.validUntilMs ?? Infinity) <= nowMs) return refusals.accountExpired;
  return null;
}

/** Auth.md §4.6: seen first, then the guest gate. */
function admitted(found: Found, tokenHash: string, { directory, facts, flags, options, nowMs }: Question): Resolution {
  // Written out: a spread is the dearest thing on this path.
  const { userId, authenticatedEntity, accessTokenId, deviceId, isGuest, isAdmin, appServiceId } = found;
  const requester: Requester = {
    userId,
    authenticatedEntity,
    accessTokenId,
    deviceId,
    isGuest,
    isAdmin,
    appServiceId,
    shadowBanned: directory.isShadowBanned(userId),
    suspended: directory.isSuspended(userId),
    scope: [],
    seen: directory.seen(),
  };
  const sightings = sightingsOf(requester, tokenHash, facts, options, nowMs);
  if (isGuest && !flags.guest) return { kind: 'refused', refusal: refusals.guestNotAllowed, sightings };
  return { kind: 'resolved', tokenHash, requester, sightings };
}

/** Ours by its checksum, and nobody has said that it is none: the replica may simply be behind. */
function mayBeNewer(token: string, tokenHash: string, { directory, options }: Question): boolean {
  return (
    parseToken(token)?.prefix === ACCESS_TOKEN &&
    hasRightChecksum(token, options.tokenChecksumKey) &&
    !directory.isKnownUnknown(tokenHash)
  );
}

function refused(refusal: Refusal): Resolution {
  return { kind: 'refused', refusal, sightings: [] };
}

function hasNonAscii(token: string): boolean {
  for (let i = 0; i < token.length; i++) if (token.charCodeAt(i) > 126) return true;
  return false;
}
