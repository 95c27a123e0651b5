import type { JsonObject } from './json-values.js';
import { own } from './json-values.js';

const IP_LITERAL = /^(?:\[.*\]|[0-9]+(?:\.[0-9]+){3})$/;

/**
 * Whether m.room.server_acl content admits a server. Its port does not count; case neither. Without a list of `allow`
 * nobody is admitted.
 * @see Client-Server API, "Server access control lists"
 */
export function aclAdmits(content: JsonObject, serverName: string): boolean {
  const host = serverName.replace(/:[0-9]+$/, '').toLowerCase();
  if (own(content, 'allow_ip_literals') === false && IP_LITERAL.test(host)) return false;
  return !matchesAny(own(content, 'deny'), host) && matchesAny(own(content, 'allow'), host);
}

function matchesAny(globs: unknown, host: string): boolean {
  return (
    Array.isArray(globs) && globs.some((glob) => typeof glob === 'string' && matchesGlob(glob.toLowerCase(), host))
  );
}

/**
 * `*` for any run of characters, `?` for one. Goes back only to the last `*`, so the time is at most the product of
 * the two lengths, whatever the pattern.
 */
export function matchesGlob(glob: string, text: string): boolean {
  let [g, t] = [0, 0];
  let star = -1;
  let resumeAt = 0;
  while (t < text.length) {
    if (g < glob.length && glob[g] === '*') {
      star = g++;
      resumeAt = t;
    } else if (g < glob.length && (glob[g] === '?' || glob[g] === text[t])) {
      g++;
      t++;
    } else if (star >= 0) {
      g = star + 1;
      t = ++resumeAt;
    } else return false;
  }
  while (glob[g] === '*') g++;
  return g === glob.length;
}
