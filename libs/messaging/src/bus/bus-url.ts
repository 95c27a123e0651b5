/** Where NATS is and who we are there. */
export interface BusTarget {
  /** `host:port`, one or more. */
  servers: string[];
  user?: string;
  pass?: string;
  token?: string;
  tls: boolean;
}

/**
 * `nats://user:password@host:port`, several with commas; `nats://token@host`; `tls://…` demands TLS.
 * @throws Error that does not show the text, which may hold a password
 */
export function parseBusUrl(text: string): BusTarget {
  const urls = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(parseOne);
  if (urls.length === 0) throw new Error('the NATS URL is empty');
  const target: BusTarget = {
    servers: urls.map(({ hostname, port }) => `${hostname}:${port || '4222'}`),
    tls: urls.some(({ protocol }) => protocol === 'tls:'),
  };
  const named = urls.find(({ username }) => username !== '');
  if (!named) return target;
  const name = decodeURIComponent(named.username);
  // As every NATS client reads it: a name without a password is a token.
  if (named.password === '') return { ...target, token: name };
  return { ...target, user: name, pass: decodeURIComponent(named.password) };
}

function parseOne(part: string): URL {
  const text = part.includes('://') ? part : `nats://${part}`;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !['nats:', 'tls:'].includes(url.protocol) || url.hostname === '') {
    throw new Error('a NATS URL looks like nats://user:password@host:4222');
  }
  return url;
}
