import { refuse } from '../../auth.errors.js';

type Body = Record<string, unknown>;

/** Whom a client names when it logs in. */
export type LoginIdentifier = { kind: 'user'; user: string } | { kind: 'threepid'; medium: string; address: string };

/**
 * `identifier` of a login, or what older clients put in its place (auth.md §6.1).
 * @throws INVALID_PARAM, MISSING_PARAM, UNKNOWN
 */
export function loginIdentifier(body: Body): LoginIdentifier {
  const identifier = body['identifier'] ?? legacyIdentifier(body);
  if (!isObject(identifier)) throw refuse('INVALID_PARAM', {}, 'Missing or invalid identifier');
  const { type } = identifier;
  if (type === undefined) throw refuse('MISSING_PARAM', {}, 'Login identifier has no type');
  if (type === 'm.id.user') return userIdentifier(identifier);
  if (type === 'm.id.phone') return phoneIdentifier(identifier);
  if (type === 'm.id.thirdparty') return threepidIdentifier(identifier);
  throw refuse('UNKNOWN', {}, 'Unknown login identifier type');
}

/** The user of an application service's login: nothing but `m.id.user` will do. @throws INVALID_PARAM */
export function appserviceIdentifier(body: Body): string {
  const identifier = body['identifier'] ?? legacyIdentifier(body);
  if (!isObject(identifier) || identifier['type'] !== 'm.id.user') {
    throw refuse('INVALID_PARAM', {}, 'The identifier of an application service login must be of type m.id.user');
  }
  return userIdentifier(identifier).user;
}

function legacyIdentifier({ user, medium, address }: Body): Body | undefined {
  if (user !== undefined) return { type: 'm.id.user', user };
  return medium === undefined && address === undefined ? undefined : { type: 'm.id.thirdparty', medium, address };
}

function userIdentifier({ user }: Body): { kind: 'user'; user: string } {
  if (typeof user !== 'string') throw refuse('INVALID_PARAM', {}, 'User identifier is missing "user"');
  return { kind: 'user', user };
}

function phoneIdentifier({ country, phone, number }: Body): LoginIdentifier {
  const local = phone ?? number;
  if (typeof country !== 'string' || typeof local !== 'string') {
    throw refuse('INVALID_PARAM', {}, 'Invalid phone identifier: it needs country and phone');
  }
  return { kind: 'threepid', medium: 'msisdn', address: `${country} ${local}` };
}

function threepidIdentifier({ medium, address }: Body): LoginIdentifier {
  if (typeof medium !== 'string' || typeof address !== 'string') {
    throw refuse('UNKNOWN', {}, 'Invalid third-party identifier: it needs medium and address');
  }
  return { kind: 'threepid', medium, address: medium === 'email' ? address.toLowerCase() : address };
}

function isObject(value: unknown): value is Body {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
