import { isJsonObject, own, ownString } from './json-values.js';
import { deny } from './matrix.errors.js';
import type { Pdu, RoomState } from './pdu.js';
import { verifyJson } from './signing.js';

/**
 * A4i, first form: an invite of somebody who was invited by e-mail address or telephone number before they had an id.
 * It stands on the signature of the identity server, whose keys the room knows from m.room.third_party_invite.
 *
 * @throws EVENT_DENIED
 */
export function authoriseThirdPartyInvite(
  event: Pdu,
  state: RoomState,
  { target, targetIs }: { target: string; targetIs: string | undefined },
): void {
  if (targetIs === 'ban') throw deny('The user is banned from this room');
  const signed = own(own(event.content, 'third_party_invite'), 'signed');
  const token = ownString(signed, 'token');
  if (token === undefined || ownString(signed, 'mxid') !== target) throw deny('The invite is for somebody else');
  const announced = state.get('m.room.third_party_invite', token);
  if (announced === undefined || announced.sender !== event.sender) throw deny('There is no such third-party invite');
  if (!isSignedByAny(signed, publicKeysOf(announced))) throw deny('The third-party invite is not signed');
}

/** Base64 keys in `public_key` and `public_keys[].public_key`. */
function publicKeysOf({ content }: Pdu): string[] {
  const listed = own(content, 'public_keys');
  const entries = Array.isArray(listed) ? listed.map((entry) => ownString(entry, 'public_key')) : [];
  return [ownString(content, 'public_key'), ...entries].filter((key) => key !== undefined);
}

function isSignedByAny(signed: unknown, publicKeys: readonly string[]): boolean {
  const signatures = own(signed, 'signatures');
  if (!isJsonObject(signed) || !isJsonObject(signatures)) return false;
  return Object.entries(signatures).some(([serverName, byKey]) =>
    (isJsonObject(byKey) ? Object.keys(byKey) : []).some(
      (keyId) => keyId.startsWith('ed25519:') && publicKeys.some((key) => verifyJson(signed, serverName, keyId, key)),
    ),
  );
}
