import { createHash } from 'node:crypto';
import type { EventId, RoomId } from '@ganglion/kernel';

import { canonicalJson } from './canonical-json.js';
import type { JsonObject } from './json-values.js';
import type { Pdu } from './pdu.js';
import { redact } from './redact.js';
import type { RoomVersion } from './room-version.js';

/**
 * SHA-256 over all that the sender said, unpadded standard base64; goes to `hashes.sha256`.
 * @throws BAD_JSON  as `canonicalJson`
 */
export function contentHash(event: object): string {
  const { unsigned: _unsigned, signatures: _signatures, hashes: _hashes, ...hashed } = event as JsonObject;
  return unpadded(sha256(hashed).toString('base64'));
}

/** SHA-256 of the redacted event; redacting the event first does not change it. */
export function referenceHash(event: Pdu, version: RoomVersion): Buffer {
  const { unsigned: _unsigned, signatures: _signatures, ...hashed } = redact(event, version);
  return sha256(hashed);
}

/** `$` and 43 characters of URL-safe base64. */
export function eventIdOf(event: Pdu, version: RoomVersion): EventId {
  return `$${referenceHash(event, version).toString('base64url')}` as EventId;
}

/** The id of the room that this create event makes, in versions where it is derived from the event. */
export function roomIdOfCreate(create: Pdu, version: RoomVersion): RoomId {
  return `!${referenceHash(create, version).toString('base64url')}` as RoomId;
}

/** Whether `hashes.sha256` is the hash of the event as it is; false for a redacted event. */
export function hasTrueContentHash(event: Pdu): boolean {
  return event.hashes.sha256 === contentHash(event);
}

function sha256(value: object): Buffer {
  return createHash('sha256').update(canonicalJson(value)).digest();
}

function unpadded(base64: string): string {
  return base64.replace(/=+$/, '');
}
