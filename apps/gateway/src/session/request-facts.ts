import type { RequestFacts } from '@ganglion/requester';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

const NONE: readonly string[] = [];

/** Every `Authorization` header: Node's own table keeps only the first, and two of them are an error. */
export function authorizationOf(headers: Headers, raw: readonly string[]): readonly string[] {
  const first = headers['authorization'];
  if (typeof first !== 'string') return NONE;
  const found: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    if (raw[i]!.length === 13 && raw[i]!.toLowerCase() === 'authorization') found.push(raw[i + 1]!);
  }
  return found;
}

/** The last `User-Agent` header; empty when there is none. */
export function userAgentOf(headers: Headers, raw: readonly string[]): string {
  if (headers['user-agent'] === undefined) return '';
  for (let i = raw.length - 2; i >= 0; i -= 2) {
    if (raw[i]!.length === 10 && raw[i]!.toLowerCase() === 'user-agent') return raw[i + 1]!;
  }
  return '';
}

/** `X-Forwarded-For`, several headers as one list. */
export function forwardedForOf(headers: Headers): string | undefined {
  const value = headers['x-forwarded-for'];
  return Array.isArray(value) ? value.join(',') : value;
}

export type { RequestFacts };
