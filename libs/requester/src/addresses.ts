import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Range = [Address, number];

/** Address ranges, parsed once. */
export interface AddressRanges {
  contains(address: string): boolean;
  readonly isEmpty: boolean;
}

/**
 * CIDR ranges of both families; a bare address is a range of one, and abbreviated IPv4 is accepted (`192.168/16`).
 * @throws Error naming the range that is none
 */
export function addressRanges(texts: readonly string[]): AddressRanges {
  const ranges = texts.map(parseRange);
  return {
    isEmpty: ranges.length === 0,
    contains: (text) => {
      const address = parseAddress(text);
      return (
        address !== null && ranges.some(([net, bits]) => net.kind() === address.kind() && inRange(address, net, bits))
      );
    },
  };
}

/** The usual spelling of an address, IPv4-mapped IPv6 as IPv4; null when it is no address. Ports are cut off. */
export function normaliseAddress(text: string): string | null {
  return parseAddress(withoutPort(text))?.toString() ?? null;
}

function inRange(address: Address, net: Address, bits: number): boolean {
  return (address as ipaddr.IPv4).match(net as ipaddr.IPv4, bits);
}

function parseAddress(text: string): Address | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  if (!text.includes(':') || !ipaddr.IPv6.isValid(text)) return null;
  const address = ipaddr.IPv6.parse(text);
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

/** `1.2.3.4:5678` and `[2001:db8::1]:5678`, as some proxies write them. */
function withoutPort(text: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text);
  if (bracketed) return bracketed[1]!;
  const v4 = /^([\d.]+):\d{1,5}$/.exec(text);
  return v4 ? v4[1]! : text;
}

function parseRange(text: string): Range {
  const [head, bitsText, ...rest] = text.trim().split('/');
  const address = parseAddress(abbreviated(head!));
  const most = address?.kind() === 'ipv6' ? 128 : 32;
  const bits = bitsText === undefined ? most : /^\d{1,3}$/.test(bitsText) ? Number(bitsText) : -1;
  if (!address || rest.length > 0 || bits < 0 || bits > most) throw new Error(`not an address range: ${text}`);
  return [address, bits];
}

/** `192.168` → `192.168.0.0`. */
function abbreviated(text: string): string {
  if (!/^\d{1,3}(\.\d{1,3}){0,2}$/.test(text)) return text;
  return [...text.split('.'), '0', '0', '0'].slice(0, 4).join('.');
}
