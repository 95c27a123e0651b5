import { refuse } from '../gateway.errors.js';

/** All values of each parameter, in order. */
export type Query = Record<string, string[]>;

const NONE: Query = Object.freeze(Object.create(null) as Query);

/**
 * The parameters behind the question mark; `+` is a space. Names are own keys only, whatever a client calls them.
 * @throws BAD_ESCAPE
 */
export function queryOf(url: string): Query {
  const at = url.indexOf('?');
  if (at === -1 || at === url.length - 1) return NONE;
  const query = Object.create(null) as Query;
  for (const pair of url.slice(at + 1).split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decode(equals === -1 ? pair : pair.slice(0, equals));
    const value = equals === -1 ? '' : decode(pair.slice(equals + 1));
    const values = query[name];
    if (values) values.push(value);
    else query[name] = [value];
  }
  return query;
}

/** What may travel on: services never see a token. */
export function withoutToken(query: Query): Query {
  if (query['access_token'] === undefined) return query;
  const { access_token: _token, ...rest } = query;
  return rest;
}

function decode(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (error) {
    if (error instanceof URIError) throw refuse('BAD_ESCAPE');
    throw error;
  }
}
