import ipaddr from 'ipaddr.js';
import type { Findings } from './problem.js';

export type Document = Record<string, unknown>;

const MAX_ID_BYTES = 255;

export function parseString(document: Document, field: string, findings: Findings): string | null {
  const value = document[field];
  if (typeof value === 'string') return value;
  findings.bad('as_field_missing', field, 'must be there and be a string (quote it if it looks like a number)');
  return null;
}

export function parseId(document: Document, findings: Findings): string | null {
  const id = parseString(document, 'id', findings);
  if (id === null) return null;
  const allowed = id !== '' && Buffer.byteLength(id) <= MAX_ID_BYTES && !/[|\p{Cc}]/u.test(id);
  if (allowed) return id;
  findings.bad('as_id_invalid', 'id', `must be 1 to ${MAX_ID_BYTES} bytes without "|" and control characters`);
  return null;
}

/** Says what is wrong without showing the value. */
export function parseToken(document: Document, field: 'as_token' | 'hs_token', findings: Findings): string | null {
  const token = parseString(document, field, findings);
  if (token === null || /^[\x21-\x7e]+$/.test(token)) return token;
  findings.bad('as_field_missing', field, 'must be visible ASCII characters, at least one: generate a random one');
  return null;
}

/** @returns the full user id */
export function parseSender(document: Document, serverName: string, findings: Findings): string | null {
  const localpart = parseString(document, 'sender_localpart', findings);
  if (localpart === null) return null;
  const sender = `@${localpart}:${serverName}`;
  if (/^[A-Za-z0-9\-._~/]+$/.test(localpart) && Buffer.byteLength(sender) <= MAX_ID_BYTES) return sender;
  findings.bad(
    'as_sender_invalid',
    'sender_localpart',
    `may hold A-Z a-z 0-9 - . _ ~ / only, and the whole user id at most ${MAX_ID_BYTES} bytes`,
  );
  return null;
}

/** @returns undefined when it is not acceptable; null when nothing shall be pushed */
export function parseUrl(document: Document, findings: Findings): string | null | undefined {
  const value = document['url'];
  if (value === null) return null;
  if (typeof value !== 'string') {
    const hint = 'must be there: the URL of the appservice, or null for an appservice that gets nothing pushed';
    return void findings.bad('as_url_missing', 'url', hint);
  }
  if (isBaseUrl(value)) return value.replace(/\/+$/, '');
  const hint =
    'must be http:// or https:// with a host, without user name, query and fragment; null switches pushing off';
  return void findings.bad('as_url_invalid', 'url', hint);
}

function isBaseUrl(text: string): boolean {
  if (!/^https?:\/\//i.test(text) || /[?#]/.test(text) || !URL.canParse(text)) return false;
  const { username, password, hostname } = new URL(text);
  return hostname !== '' && username === '' && password === '';
}

/** Anything falsy means none; doubles collapse. */
export function parseProtocols(document: Document, findings: Findings): string[] {
  const value = document['protocols'];
  if (!value) return [];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return [...new Set<string>(value)];
  findings.bad('as_protocols_invalid', 'protocols', 'must be a list of strings');
  return [];
}

export function parseFlag(document: Document, field: string, fallback: boolean, findings: Findings): boolean {
  const value = document[field];
  if (value === undefined) return fallback;
  if (typeof value === 'boolean') return value;
  findings.bad('as_flag_type', field, 'must be true or false, without quotes');
  return fallback;
}

/** Addresses that may use the appservice's token; null: all. */
export function parseIpRanges(document: Document, findings: Findings): string[] | null {
  const field = 'ip_range_whitelist';
  const value = document[field];
  if (value === undefined || value === null) return null;
  if (!Array.isArray(value)) {
    findings.bad('as_ip_range_invalid', field, 'must be a list of IP addresses and CIDR ranges');
    return null;
  }
  return value.flatMap((range: unknown, index) => {
    if (typeof range === 'string' && (ipaddr.isValidCIDR(range) || ipaddr.isValid(range))) return [range];
    findings.bad(
      'as_ip_range_invalid',
      `${field}[${index}]`,
      'is neither an IP address nor a range such as 10.0.0.0/8',
    );
    return [];
  });
}
