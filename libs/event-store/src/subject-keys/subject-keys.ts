import type { KeyObject } from 'node:crypto';
import type { Clock, Ids } from '@ganglion/kernel';
import type { Queryable } from '../log/schema.js';
import { decrypt, encrypt, newKey } from './aead.js';
import { DataKeyStore } from './data-key-store.js';
import { KeyCache } from './key-cache.js';
import { MasterKey } from './master-key.js';
import { isSealed, type Sealed, type WithSealed } from './sealed.js';

export interface SubjectKeysOptions {
  pool: Queryable;
  /** 32 bytes, the same in every process of the deployment, in no database. */
  masterKey: Buffer;
  clock: Clock;
  ids: Ids;
  /** Tells the other processes, which pass it to `forget`. May lose messages; must not throw and must not wait. */
  announce?: (keyIds: readonly string[]) => void;
  /** A destroyed key may be used for reading by a process that heard nothing for so long; 60 s. */
  cacheMs?: number;
  /** Keys kept for reading; 10,000. */
  maxCached?: number;
}

/** The part of an event that opening needs. */
export interface KeyedEvent {
  keyId?: string | undefined;
  data: object;
}

/** Opens a field of an event of the batch. Null: erased, or null from the beginning. */
export type OpenField = (event: KeyedEvent, field: string) => unknown;

/** A subject sealed and destroyed so often at once that its key could not be had. */
const MAX_ATTEMPTS = 10;

/**
 * Keys of the people that events speak of. What is personal is sealed under the subject's key before it is decided upon, and
 * opened by whoever shows it. Destroying the key erases it from the log and from every frame, and leaves both as they are.
 *
 * - Sealing asks the database each time: after `destroy` has returned, nobody seals under that key. What was sealed before and
 *   is appended after is erased from the beginning.
 * - Opening keeps keys for `cacheMs` at most, counted from the question to the database. So after `destroy` has returned a
 *   process may open for that long, unless the announcement reached it, which takes as long as a message does.
 * - An aggregate's state and its snapshots hold what is sealed, never what is opened. A projection may store what it opened
 *   if it also deletes it on the event that says that the subject is erased; made anew, it finds null in its place. So that event
 *   comes first, and whoever reacts to it destroys the key.
 */
export class SubjectKeys {
  private readonly store: DataKeyStore;
  private readonly master: MasterKey;
  private readonly cache: KeyCache;

  constructor(private readonly options: SubjectKeysOptions) {
    const { pool, masterKey, clock, cacheMs = 60_000, maxCached = 10_000 } = options;
    this.store = new DataKeyStore(pool);
    this.master = new MasterKey(masterKey);
    this.cache = new KeyCache({ clock, ttlMs: cacheMs, max: maxCached });
  }

  /** At the start, rather than at the first event. @throws WrongMasterKey when the database's keys are of another deployment */
  async check(): Promise<void> {
    const row = await this.store.any();
    if (row) this.unwrapped(row);
  }

  /**
   * @param subject  whose erasure erases it; a full user id
   * @param field    name of the field it will stand in; opens there only
   * @param value    JSON, not null
   * @throws LogUnavailable, WrongMasterKey
   */
  async seal(subject: string, field: string, value: NonNullable<unknown>): Promise<{ keyId: string; sealed: Sealed }> {
    const { keyId, data } = await this.sealFields(subject, { [field]: value }, [field]);
    return { keyId, sealed: data[field] as Sealed };
  }

  /** `data` with these fields sealed, for an event that carries `keyId`. */
  async sealFields<Data extends object, Field extends keyof Data & string>(
    subject: string,
    data: Data,
    fields: readonly Field[],
  ): Promise<{ keyId: string; data: WithSealed<Data, Field> }> {
    const { keyId, key } = await this.keyFor(subject);
    const sealed = fields
      .filter((field) => data[field] !== null && data[field] !== undefined)
      .map((field) => [field, sealWith(key, keyId, field, data[field])] as const);
    return { keyId, data: { ...data, ...Object.fromEntries(sealed) } as WithSealed<Data, Field> };
  }

  /** @returns null when the key was destroyed. @throws Error when it was changed, or sealed for another field or key */
  async open(keyId: string, field: string, sealed: Sealed): Promise<unknown> {
    const event = { keyId, data: { [field]: sealed } };
    return (await this.opener([event]))(event, field);
  }

  /**
   * Fetches the keys of a batch in one question. What is not sealed is given back as it is, so that events of a type that was
   * not sealed formerly are read alike.
   */
  async opener(events: readonly KeyedEvent[]): Promise<OpenField> {
    const keys = await this.keys(new Set(events.flatMap(({ keyId }) => keyId ?? [])));
    return ({ keyId, data }, field) => {
      const value = (data as Record<string, unknown>)[field] ?? null;
      if (!isSealed(value)) return value;
      if (!keyId) throw new Error(`${field} is sealed, but its event names no key`);
      const key = keys.get(keyId);
      return key ? openWith(key, keyId, field, value) : null;
    };
  }

  /**
   * Makes everything that was sealed for the subject unreadable for good. One who comes back gets another key.
   * @returns how many keys there were
   */
  async destroy(subject: string): Promise<number> {
    const keyIds = await this.store.remove(subject);
    this.forget(keyIds);
    if (keyIds.length > 0) this.options.announce?.(keyIds);
    return keyIds.length;
  }

  /** Another process has destroyed them. */
  forget(keyIds: readonly string[]): void {
    this.cache.forget(keyIds);
  }

  private async keyFor(subject: string): Promise<{ keyId: string; key: KeyObject }> {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const row = (await this.store.ofSubject(subject)) ?? (await this.addKey(subject));
      if (row) return { keyId: row.key_id, key: this.unwrapped(row) };
    }
    throw new Error(`no key to be had for ${subject}: it is destroyed as fast as it is made`);
  }

  private async addKey(subject: string) {
    const { clock, ids } = this.options;
    const keyId = ids.eventId();
    const row = { key_id: keyId, subject, wrapped: this.master.wrap(newKey(), keyId, subject) };
    return (await this.store.add(row, clock.nowMs())) ? row : null;
  }

  private async keys(keyIds: ReadonlySet<string>): Promise<ReadonlyMap<string, KeyObject>> {
    const found = new Map<string, KeyObject>();
    for (const keyId of keyIds) {
      const key = this.cache.get(keyId);
      if (key) found.set(keyId, key);
    }
    const missing = [...keyIds].filter((keyId) => !found.has(keyId));
    if (missing.length === 0) return found;
    const remember = this.cache.asking();
    const asked = new Map((await this.store.ofIds(missing)).map((row) => [row.key_id, this.unwrapped(row)]));
    remember(asked);
    return new Map([...found, ...asked]);
  }

  private unwrapped({
    key_id: keyId,
    subject,
    wrapped,
  }: {
    key_id: string;
    subject: string;
    wrapped: Buffer;
  }): KeyObject {
    return this.master.unwrap(wrapped, keyId, subject);
  }
}

function sealWith(key: KeyObject, keyId: string, field: string, value: unknown): Sealed {
  return { sealed: encrypt(key, Buffer.from(JSON.stringify(value)), [keyId, field]).toString('base64url') };
}

function openWith(key: KeyObject, keyId: string, field: string, { sealed }: Sealed): unknown {
  const plain = decrypt(key, Buffer.from(sealed, 'base64url'), [keyId, field]);
  if (!plain) throw new Error(`${field}, sealed under ${keyId}, was changed, or was sealed for something else`);
  return JSON.parse(plain.toString()) as unknown;
}
