import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto';

/*
 * AES-256-GCM: one byte that names the format, a random nonce, the ciphertext, the tag. Nonces are drawn, not counted, which
 * NIST SP 800-38D allows for 2^32 messages under one key: more than one subject ever fills.
 */
const ALGORITHM = 'aes-256-gcm';
const FORMAT = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
export const KEY_BYTES = 32;

export function newKey(): Buffer {
  return randomBytes(KEY_BYTES);
}

/** @param bytes  32 */
export function keyOf(bytes: Buffer): KeyObject {
  if (bytes.length !== KEY_BYTES)
    throw new Error(`a key of AES-256 has ${KEY_BYTES} bytes, this one has ${bytes.length}`);
  return createSecretKey(bytes);
}

/** @param place  what it belongs to; it opens with the same place only. Its parts are told apart whatever they hold. */
export function encrypt(key: KeyObject, plain: Buffer, place: readonly string[]): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(placeBytes(place));
  const text = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([Buffer.of(FORMAT), nonce, text, cipher.getAuthTag()]);
}

/** @returns null when it was changed, belongs elsewhere, or is of another key: the algorithm cannot tell which */
export function decrypt(key: KeyObject, sealed: Buffer, place: readonly string[]): Buffer | null {
  if (sealed.length < 1 + NONCE_BYTES + TAG_BYTES || sealed[0] !== FORMAT) return null;
  const [textAt, tagAt] = [1 + NONCE_BYTES, sealed.length - TAG_BYTES];
  const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(1, textAt), { authTagLength: TAG_BYTES });
  decipher.setAAD(placeBytes(place)).setAuthTag(sealed.subarray(tagAt));
  const text = decipher.update(sealed.subarray(textAt, tagAt));
  try {
    return Buffer.concat([text, decipher.final()]);
  } catch {
    // The only thing `final` can complain of is a tag that does not fit.
    return null;
  }
}

/** Tells keys apart without saying anything about them. */
export function fingerprint(key: KeyObject): Buffer {
  return createHmac('sha256', key).update('ganglion key fingerprint 1').digest().subarray(0, 8);
}

function placeBytes(place: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify(place));
}
