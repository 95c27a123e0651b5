import { normaliseAddress, type AddressRanges } from './addresses.js';

/**
 * Who really asks. `X-Forwarded-For` is believed only from a peer inside `trusted`: then from its right end over the
 * proxies we know, up to the first address that is none of them. Anything malformed in there counts for nothing, and the
 * peer's own address is taken. Never throws.
 * @param peer          address of the socket's other end, as the operating system has it
 * @param forwardedFor  the header's values, joined by commas when there were several
 * @returns null when the peer is unknown
 */
export function clientAddress(
  peer: string | undefined,
  forwardedFor: string | undefined,
  trusted: AddressRanges,
): string | null {
  const own = peer === undefined ? null : peerAddress(peer);
  if (own === null || forwardedFor === undefined || trusted.isEmpty || !trusted.contains(own)) return own;
  let nearest = own;
  for (const hop of forwardedFor.split(',').reverse()) {
    const address = normaliseAddress(hop.trim());
    if (address === null) return own;
    nearest = address;
    if (!trusted.contains(address)) break;
  }
  return nearest;
}

/** The operating system writes IPv4 in the usual form already. */
function peerAddress(peer: string): string | null {
  return peer.includes(':') ? normaliseAddress(peer) : peer;
}
