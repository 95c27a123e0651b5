import { pause } from '@ganglion/kernel';
import { DiscardPolicy, JetStreamApiError, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import type { JetStreamManager, StreamConfig } from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';
import { messageOf, type Bus } from '../bus/bus.js';
import { DEDUPE_MS, STREAMS, streamName, type StreamSpec } from './streams.js';

/** The part of the bus by which streams are made. */
export type StreamBus = Pick<Bus, 'jsm' | 'prefix' | 'report' | 'timers'>;

export interface StreamOptions {
  /** Copies of each stream; more than 1 needs a NATS cluster. */
  replicas: number;
}

/** Codes of nats-server. */
const NO_STORAGE_LEFT = 10_047;
const NAME_IN_USE = 10_058;
export const STREAM_NOT_FOUND = 10_059;
/** Also said, for a moment, to the second of two that add the same stream at once. */
const SUBJECTS_OVERLAP = 10_065;

const ATTEMPTS = 8;
const OVERLAP_ATTEMPTS = 3;
const FIRST_PAUSE_MS = 100;

/** What was asked for last on a bus, so that a stream that vanishes comes back as it was. */
const wanted = new WeakMap<StreamBus, StreamOptions>();

/**
 * Creates the streams that are missing and brings the others to their configuration. Any number of processes may do so
 * at once. Never touches what a stream holds.
 * @param only  names from `STREAMS`; absent: all
 * @throws  Error when NATS refuses, for instance several replicas without a cluster
 */
export async function ensureStreams(bus: StreamBus, options: StreamOptions, only?: readonly string[]): Promise<void> {
  wanted.set(bus, options);
  const jsm = await bus.jsm();
  for (const spec of STREAMS) {
    if (!only || only.includes(spec.name)) await patiently(bus, () => ensure(bus, jsm, spec, options));
  }
}

/**
 * nats-server 2.9 says that a stream is gone before its files are. One of the same name that is made meanwhile loses its own
 * files with them: it takes messages and delivers none, until two minutes later the server notices.
 */
const DELETION_MS = 250;

/**
 * Brings one stream back that somebody has deleted.
 * @throws Error also in a process that never ensured streams: it does not know how many replicas they have
 */
export async function restoreStream(bus: StreamBus, name: string): Promise<void> {
  const options = wantedOf(bus, name);
  await pause(bus.timers, DELETION_MS);
  await ensureStreams(bus, options, [name]);
}

/**
 * Makes a stream anew whose files have vanished from the disk under a running server, which goes on believing in it and stores
 * nothing any more.
 * @throws Error as `restoreStream`
 */
export async function remakeStream(bus: StreamBus, name: string): Promise<void> {
  const options = wantedOf(bus, name);
  bus.report({ problem: 'streams', message: `the files of ${name} have vanished; it is made anew` });
  const jsm = await bus.jsm();
  try {
    await jsm.streams.delete(streamName(bus.prefix, name));
  } catch (error) {
    // Another process does the same.
    if (codeOf(error) !== STREAM_NOT_FOUND) throw error;
    await pause(bus.timers, DELETION_MS);
  }
  await ensureStreams(bus, options, [name]);
}

function wantedOf(bus: StreamBus, name: string): StreamOptions {
  const options = wanted.get(bus);
  if (!options) throw new Error(`the stream ${name} is missing, and only who ensures the streams may make it`);
  return options;
}

/** A server or cluster that has just started answers nothing or 503 at first. */
async function patiently(bus: StreamBus, work: () => Promise<void>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= attemptsFor(error)) throw error;
      await pause(bus.timers, FIRST_PAUSE_MS * 2 ** attempt);
    }
  }
}

/** How often it is worth trying again. */
function attemptsFor(error: unknown): number {
  if (codeOf(error) === SUBJECTS_OVERLAP) return OVERLAP_ATTEMPTS;
  const refused = error instanceof JetStreamApiError && error.apiError().code !== 503;
  return refused ? 0 : ATTEMPTS;
}

async function ensure(bus: StreamBus, jsm: JetStreamManager, spec: StreamSpec, options: StreamOptions): Promise<void> {
  const config = configOf(bus.prefix, spec, options);
  try {
    await put(jsm, config);
  } catch (error) {
    if (codeOf(error) !== NO_STORAGE_LEFT) throw error;
    // A byte limit is reserved ahead, which a small disk cannot bear; age alone then bounds the stream.
    bus.report({ problem: 'streams', message: `${config.name} goes without its size limit: ${messageOf(error)}` });
    await put(jsm, { ...config, max_bytes: -1 });
  }
}

/** Adding what is there with the same configuration succeeds, so two that add at once do not collide. */
async function put(jsm: JetStreamManager, config: Config): Promise<void> {
  try {
    await jsm.streams.add(config);
  } catch (error) {
    if (codeOf(error) !== NAME_IN_USE) throw error;
    await jsm.streams.update(config.name, config);
  }
}

type Config = Pick<
  StreamConfig,
  | 'name'
  | 'subjects'
  | 'description'
  | 'storage'
  | 'retention'
  | 'discard'
  | 'max_age'
  | 'max_bytes'
  | 'duplicate_window'
  | 'num_replicas'
>;

function configOf(prefix: string, spec: StreamSpec, { replicas }: StreamOptions): Config {
  return {
    name: streamName(prefix, spec.name),
    subjects: spec.subjects.map((subject) => prefix + subject),
    description: spec.holds,
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    max_age: nanos(spec.maxAgeMs),
    max_bytes: spec.maxBytes,
    duplicate_window: nanos(DEDUPE_MS),
    num_replicas: replicas,
  };
}

function codeOf(error: unknown): number | undefined {
  return error instanceof JetStreamApiError ? error.apiError().err_code : undefined;
}
