import { refuse } from '../../auth.errors.js';
import { MAX_PASSWORD_CHARS } from '../../passwords/password-policy.js';
import { MAX_USERNAME_CHARS } from '../user-name.js';

export type Body = Record<string, unknown>;

export const APPSERVICE_TYPE = 'm.login.application_service';

/** What a UIA session keeps of a registration's body, so that a later request may leave it out; never the password. */
const KEPT_KEYS = [
  'username',
  'device_id',
  'initial_device_display_name',
  'inhibit_login',
  'refresh_token',
  'guest_access_token',
] as const;

export function keptBody(body: Body): Body {
  return Object.fromEntries(KEPT_KEYS.filter((key) => body[key] !== undefined).map((key) => [key, body[key]]));
}

/** @throws USERNAME_INVALID. @returns undefined when absent */
export function usernameOf({ username }: Body): string | undefined {
  if (username === undefined || username === null) return undefined;
  if (typeof username !== 'string' || username.length > MAX_USERNAME_CHARS) throw refuse('USERNAME_INVALID');
  return username;
}

/** @throws BAD_JSON, INVALID_PARAM. @returns undefined when absent */
export function passwordOf({ password }: Body): string | undefined {
  if (password === undefined) return undefined;
  if (typeof password !== 'string') throw refuse('BAD_JSON', {}, 'Invalid password');
  if (password.length > MAX_PASSWORD_CHARS) throw refuse('INVALID_PARAM', {}, 'Invalid password');
  return password;
}

/** @throws BAD_JSON */
export function inhibitLoginOf({ inhibit_login: inhibit = false }: Body): boolean {
  if (typeof inhibit !== 'boolean') throw refuse('BAD_JSON', {}, 'inhibit_login must be true or false');
  return inhibit;
}

/** @throws GUESTS_DISABLED, UNKNOWN_KIND */
export function checkKind(kind: string | undefined): void {
  if (kind === 'guest') throw refuse('GUESTS_DISABLED');
  if (kind !== undefined && kind !== 'user') throw refuse('UNKNOWN_KIND');
}

/**
 * The body without `auth`; an empty one means what the session was told before. A device name that comes without the
 * password is not believed: nothing shows that whoever sent it has the password.
 */
export function believedBody(sent: Body, toldBefore: Body | undefined): Body {
  const { auth: _, ...rest } = sent;
  if (Object.keys(rest).length === 0 && toldBefore) return toldBefore;
  if (rest['password'] !== undefined) return rest;
  const { initial_device_display_name: _dropped, ...believed } = rest;
  return believed;
}
