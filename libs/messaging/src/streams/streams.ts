import { LOG_SERVICES } from '@ganglion/contracts';

export interface StreamSpec {
  /** Without the deployment's prefix. */
  name: string;
  subjects: string[];
  maxAgeMs: number;
  /** The oldest go first beyond it. A bound on the disk, not a promise of how much is kept. */
  maxBytes: number;
  holds: string;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MIB = 1_024 * 1_024;

/** Messages with an id that was published this long ago are recognised and dropped. */
export const DEDUPE_MS = 120_000;

/** A frame stream is transport: who has missed more than it holds reads the log. */
const frames = (service: string): StreamSpec => ({
  name: `EVT_${service.toUpperCase()}`,
  subjects: [`evt.${service}.*`],
  maxAgeMs: 72 * HOUR_MS,
  maxBytes: 256 * MIB,
  holds: `one message per commit batch of ${service}`,
});

/** For other people's services, which may be away for weeks. */
const published = (domain: string): StreamSpec => ({
  name: `PUB_${domain.toUpperCase()}`,
  subjects: [`${domain}.>`],
  maxAgeMs: 30 * DAY_MS,
  maxBytes: 256 * MIB,
  holds: `public events of ${domain}, one message each`,
});

/** Every JetStream stream there is: on files, oldest discarded first, duplicates recognised for two minutes. */
export const STREAMS: readonly StreamSpec[] = [
  ...LOG_SERVICES.map(frames),
  ...['moderation', 'auth', 'appservice', 'accounting'].map(published),
  {
    name: 'DLQ',
    subjects: ['dlq.>'],
    maxAgeMs: 30 * DAY_MS,
    maxBytes: 32 * MIB,
    holds: 'notices of work that was given up',
  },
];

/** Name of a stream as NATS knows it. @param prefix  as `Bus.prefix`, with its final dot, or empty */
export function streamName(prefix: string, name: string): string {
  return `${prefix.replace('.', '_')}${name}`;
}

/** The stream that holds the frames of a service. */
export const frameStream = (service: string): string => `EVT_${service.toUpperCase()}`;
