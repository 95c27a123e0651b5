import type { KeyObject } from 'node:crypto';
import { createPrivateKey, createPublicKey, randomBytes, sign, verify } from 'node:crypto';

import { canonicalJson } from './canonical-json.js';
import type { JsonObject } from './json-values.js';
import { ownString, own } from './json-values.js';
import type { Pdu } from './pdu.js';
import { redact } from './redact.js';
import type { RoomVersion } from './room-version.js';

export interface SigningKey {
  /** `ed25519:<version>`. */
  keyId: string;
  privateKey: KeyObject;
  /** Unpadded standard base64 of the 32 bytes others verify with. */
  publicKey: string;
}

export type Signatures = Record<string, Record<string, string>>;

const SEED_BYTES = 32;
const PUBLIC_KEY_BYTES = 32;
// DER heads that stand before the raw bytes of an Ed25519 key (RFC 8410).
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_HEAD = Buffer.from('302a300506032b6570032100', 'hex');

/**
 * @param version  what follows `ed25519:` in the key id, of `a-z A-Z 0-9 _`
 * @param seed     the 32 secret bytes of the key
 */
export function signingKeyFromSeed(version: string, seed: Uint8Array): SigningKey {
  if (seed.length !== SEED_BYTES) throw new RangeError('an Ed25519 seed has 32 bytes');
  if (!/^[a-zA-Z0-9_]+$/.test(version)) throw new RangeError('a key version consists of a-z, A-Z, 0-9 and _');
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return { keyId: `ed25519:${version}`, privateKey, publicKey: encodeUnpaddedBase64(spki.subarray(SPKI_HEAD.length)) };
}

/** A new key and the seed to keep it by; the seed is a secret. */
export function generateSigningKey(
  version: string,
  bytes: (size: number) => Uint8Array = randomBytes,
): { key: SigningKey; seed: Uint8Array } {
  const seed = bytes(SEED_BYTES);
  return { key: signingKeyFromSeed(version, seed), seed };
}

/**
 * The signatures that `object` has, with one more over everything but `signatures` and `unsigned`.
 * @throws BAD_JSON  as `canonicalJson`
 */
export function signJson(object: object, serverName: string, key: SigningKey): Signatures {
  const signature = encodeUnpaddedBase64(sign(null, signedBytes(object), key.privateKey));
  const others = ((object as JsonObject)['signatures'] ?? {}) as Signatures;
  return { ...others, [serverName]: { ...others[serverName], [key.keyId]: signature } };
}

/**
 * Whether `object` bears a valid signature of this server with this key.
 * @param publicKey  base64, padded or not; anything that is not an Ed25519 key verifies nothing
 */
export function verifyJson(object: object, serverName: string, keyId: string, publicKey: string): boolean {
  const signature = ownString(own(own(object, 'signatures'), serverName), keyId);
  const rawKey = decodeBase64(publicKey);
  const rawSignature = signature === undefined ? null : decodeBase64(signature);
  if (rawKey?.length !== PUBLIC_KEY_BYTES || rawSignature?.length !== 64) return false;
  const key = createPublicKey({ key: Buffer.concat([SPKI_HEAD, rawKey]), format: 'der', type: 'spki' });
  return verify(null, signedBytes(object), key, rawSignature);
}

/** Signs the redacted event, so that the signature outlives a redaction. */
export function signEvent(event: Pdu, version: RoomVersion, serverName: string, key: SigningKey): Signatures {
  return signJson(redact(event, version), serverName, key);
}

/** @see verifyJson */
export function verifyEvent(
  event: Pdu,
  version: RoomVersion,
  serverName: string,
  keyId: string,
  publicKey: string,
): boolean {
  return verifyJson(redact(event, version), serverName, keyId, publicKey);
}

/** Standard alphabet, no `=` at the end. */
export function encodeUnpaddedBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '');
}

/** Standard or URL-safe alphabet, padded or not; null when `text` is neither. */
export function decodeBase64(text: string): Buffer | null {
  return /^(?:[A-Za-z0-9+/]*|[A-Za-z0-9_-]*)={0,2}$/.test(text) ? Buffer.from(text, 'base64') : null;
}

function signedBytes(object: object): Buffer {
  const { signatures: _signatures, unsigned: _unsigned, ...signed } = object as JsonObject;
  return Buffer.from(canonicalJson(signed));
}
