import type { AppserviceEvent, PublicEvent, StoredEvent } from '@ganglion/contracts';

/** What other people's services read on `appservice.>`: never the hash of a token. */
export function publicEvent(event: StoredEvent): { id: string; body: PublicEvent } {
  const { asId, ...data } = shown(event as StoredEvent<AppserviceEvent>);
  return {
    id: asId,
    body: {
      id: event.id,
      type: event.type,
      v: event.v,
      at: event.atMs,
      pos: event.pos,
      log_id: event.logId,
      subject: { kind: 'appservice', id: asId },
      seq: event.ver,
      actor: { kind: 'system', id: event.meta.actor },
      data,
    },
  };
}

function shown(event: StoredEvent<AppserviceEvent>): { asId: string; [key: string]: unknown } {
  switch (event.type) {
    case 'registration.added':
    case 'registration.changed': {
      const { asId, sender, namespaces, rateLimited, protocols, hasUrl } = event.data;
      const changed = event.type === 'registration.changed' ? { changed: event.data.changed } : {};
      return { asId, sender, namespaces, rate_limited: rateLimited, protocols, has_url: hasUrl, ...changed };
    }
    case 'lane.went_down':
      return { asId: event.data.asId, class: event.data.class };
    default:
      return { asId: event.data.asId };
  }
}
