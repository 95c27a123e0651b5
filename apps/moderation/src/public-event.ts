import type { ModerationEvent, PublicEvent, StoredEvent } from '@ganglion/contracts';

/**
 * What other people's services read on `moderation.>` of an event: the envelope of moderation.md §3.1 without the
 * parts that only staff may see (notes, the frozen profile).
 */
export function publicEvent(event: StoredEvent): { id: string; body: PublicEvent } | null {
  const { data } = event as StoredEvent<ModerationEvent>;
  const { subject, causeKey, ...rest } = data;
  const shown = Object.fromEntries(
    Object.entries(rest).filter(([key]) => key !== 'frozenProfile' && key !== 'reverses'),
  );
  return {
    id: subject.id,
    body: {
      id: event.id,
      type: event.type,
      v: event.v,
      at: event.atMs,
      pos: event.pos,
      log_id: event.logId,
      subject,
      seq: event.ver,
      actor: actorOf(event.meta.actor),
      cause_key: causeKey,
      ...('reverses' in rest ? { reverses: rest.reverses } : {}),
      data: snakeCase(shown),
    },
  };
}

function actorOf(actor: string): PublicEvent['actor'] {
  const appservice = 'appservice:';
  if (actor.startsWith('@')) return { kind: 'admin', id: actor };
  if (actor.startsWith(appservice)) return { kind: 'appservice', id: actor.slice(appservice.length) };
  return { kind: 'system', id: actor };
}

/** Field names as the catalogue of moderation.md §3.3 gives them to subscribers. */
function snakeCase(data: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value]),
  );
}
