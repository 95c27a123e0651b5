import type { KeyObject } from 'node:crypto';
import { decrypt, encrypt, fingerprint, keyOf } from './aead.js';

/** The deployment's master key is not the one that this database was written with: every data key is out of reach. */
export class WrongMasterKey extends Error {
  constructor(keyId: string) {
    super(
      `the data key ${keyId} is wrapped by another master key than this deployment has: ` +
        'put back the secret that belongs to this database; a new one opens nothing',
    );
  }
}

/** Encrypts data keys for their rows, so that a copy of the database alone opens nothing. */
export class MasterKey {
  private readonly key: KeyObject;
  private readonly print: Buffer;

  /** @param bytes  32, drawn at random, kept outside every database */
  constructor(bytes: Buffer) {
    this.key = keyOf(bytes);
    this.print = fingerprint(this.key);
  }

  wrap(key: Buffer, keyId: string, subject: string): Buffer {
    return Buffer.concat([this.print, encrypt(this.key, key, ['data key', keyId, subject])]);
  }

  /** @throws WrongMasterKey; Error when the row was changed */
  unwrap(wrapped: Buffer, keyId: string, subject: string): KeyObject {
    const { length } = this.print;
    if (!wrapped.subarray(0, length).equals(this.print)) throw new WrongMasterKey(keyId);
    const key = decrypt(this.key, wrapped.subarray(length), ['data key', keyId, subject]);
    if (!key) throw new Error(`the row of the data key ${keyId} was changed`);
    return keyOf(key);
  }
}
