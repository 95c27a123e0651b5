import type { AuthEvent, PublicEvent, StoredEvent } from '@ganglion/contracts';

/** Fields that other people's services have no use for. */
const HIDDEN = new Set(['credentialId', 'userId']);

/**
 * What other people's services read on `auth.>`: accounts and devices; nothing of tokens, sessions under way or registration
 * tokens (auth.md §1.1).
 */
export function publicEvent(event: StoredEvent): { id: string; body: PublicEvent } | null {
  const { type, data } = event as StoredEvent<AuthEvent>;
  if (!type.startsWith('account.') && !type.startsWith('device.')) return null;
  const { userId } = data as { userId: string };
  return {
    id: userId,
    body: {
      id: event.id,
      type: event.type,
      v: event.v,
      at: event.atMs,
      pos: event.pos,
      log_id: event.logId,
      subject: { kind: 'user', id: userId },
      seq: event.ver,
      actor: actorOf(event.meta.actor),
      data: snakeCase(data),
    },
  };
}

function actorOf(actor: string): PublicEvent['actor'] {
  const appservice = 'appservice:';
  if (actor.startsWith('@')) return { kind: 'user', id: actor };
  if (actor.startsWith(appservice)) return { kind: 'appservice', id: actor.slice(appservice.length) };
  return { kind: 'system', id: actor };
}

/** Field names as auth.md §1.2 gives them. */
function snakeCase(data: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(data)
      .filter(([key]) => !HIDDEN.has(key))
      .map(([key, value]) => [key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value]),
  );
}
