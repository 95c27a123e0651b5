import { DeliverPolicy, jetstream, type Consumer } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';

/** Domains with a public stream, and the stream each has (without the deployment's prefix). */
export const PUBLIC_STREAMS = {
  moderation: 'PUB_MODERATION',
  auth: 'PUB_AUTH',
  appservice: 'PUB_APPSERVICE',
  accounting: 'PUB_ACCOUNTING',
} as const;
export type PublicDomain = keyof typeof PUBLIC_STREAMS;

/** What every public event has; `data` differs by `type` (docs/events.md). */
export interface ReceivedEvent {
  /** Unique; the same event may arrive twice with the same id. */
  id: string;
  /** `<kind>.<past_tense>`, e.g. `user.shadow_banned`. */
  type: string;
  /** Payload version; fields may be added within one. */
  v: number;
  /** Commit time, ms since the Unix epoch. */
  at: number;
  /** Position in the publishing service's log; keep it, together with `log_id`, to go on from there. */
  pos: number;
  log_id: string;
  subject: { kind: string; id: string };
  data: Record<string, unknown>;
  [key: string]: unknown;
}

export interface SubscribeOptions {
  /** `nats://127.0.0.1:4222`; `ganglion status --json` shows it with the credentials. */
  servers: string | string[];
  user?: string;
  pass?: string;
  /** Prefix of the deployment, where one is configured. */
  deployment?: string;
  domain: PublicDomain;
  /** Only events of this type; all of the domain where absent. */
  type?: string;
  /** Go on after this position of the log `logId`. Absent: everything the stream still holds. `'new'`: only what comes. */
  after?: { logId: string; pos: number } | 'new';
  signal?: AbortSignal;
}

/**
 * Events of a public stream, in order, for ever (until `signal` aborts). At least once: keep `log_id` and `pos` of the
 * last event you have dealt with and pass them as `after` the next time.
 * An event whose `log_id` differs from yours comes from a restored or new server: deal with it as new.
 */
export async function* subscribe(options: SubscribeOptions): AsyncGenerator<ReceivedEvent> {
  const connection = await connect({
    servers: options.servers,
    ...(options.user ? { user: options.user, pass: options.pass ?? '' } : {}),
    maxReconnectAttempts: -1,
    name: 'ganglion-subscriber',
  });
  try {
    const messages = await (await consumerOf(connection, options)).consume();
    options.signal?.addEventListener('abort', () => void messages.close(), { once: true });
    if (options.signal?.aborted) await messages.close();
    for await (const message of messages) {
      const event = message.json<ReceivedEvent>();
      if (!alreadySeen(event, options.after)) yield event;
    }
  } finally {
    await connection.close();
  }
}

function alreadySeen(event: ReceivedEvent, after: SubscribeOptions['after']): boolean {
  return typeof after === 'object' && event.log_id === after.logId && event.pos <= after.pos;
}

async function consumerOf(connection: NatsConnection, options: SubscribeOptions): Promise<Consumer> {
  const { deployment, domain, type, after } = options;
  const stream = (deployment ? `${deployment}_` : '') + PUBLIC_STREAMS[domain];
  const subject = `${deployment ? `${deployment}.` : ''}${domain}.${type ? `${type}.*` : '>'}`;

  return jetstream(connection).consumers.get(stream, {
    filter_subjects: subject,
    deliver_policy: after === 'new' ? DeliverPolicy.New : DeliverPolicy.All,
  });
}
