import type { DeviceId } from '@ganglion/kernel';
import { refuse } from '../auth.errors.js';

/** Longest device id of a client, in characters. */
const MAX_DEVICE_ID_CHARS = 512;
/** Longest display name of a device, in characters. */
export const MAX_DISPLAY_NAME_CHARS = 100;

/** What a client may say about the session it wants. */
export interface SessionInput {
  deviceId: DeviceId | null;
  displayName: string | null;
}

/**
 * `device_id` and `initial_device_display_name` of a login or registration.
 * @throws INVALID_PARAM, DISPLAY_NAME_TOO_LONG
 */
export function sessionInput(body: Record<string, unknown>): SessionInput {
  return { deviceId: deviceIdOf(body), displayName: displayNameOf(body) };
}

function deviceIdOf({ device_id: deviceId = null }: Record<string, unknown>): DeviceId | null {
  return deviceId === null ? null : newDeviceId(deviceId);
}

/** An id that a client gives a device. @throws INVALID_PARAM */
export function newDeviceId(deviceId: unknown): DeviceId {
  if (
    typeof deviceId === 'string' &&
    deviceId !== '' &&
    !tooLong(deviceId, MAX_DEVICE_ID_CHARS) &&
    storable(deviceId)
  ) {
    return deviceId as DeviceId;
  }
  throw refuse('INVALID_PARAM', {}, `device_id must be text of 1 to ${MAX_DEVICE_ID_CHARS} characters without NUL`);
}

function displayNameOf({ initial_device_display_name: displayName = null }: Record<string, unknown>): string | null {
  return displayName === null ? null : newDisplayName(displayName, 'initial_device_display_name');
}

/** A name that a client gives a device. @throws INVALID_PARAM, DISPLAY_NAME_TOO_LONG */
export function newDisplayName(displayName: unknown, parameter: string): string {
  if (typeof displayName !== 'string' || !storable(displayName)) {
    throw refuse('INVALID_PARAM', {}, `${parameter} must be text without NUL`);
  }
  if (tooLong(displayName, MAX_DISPLAY_NAME_CHARS)) throw refuse('DISPLAY_NAME_TOO_LONG');
  return displayName;
}

/** @throws UNKNOWN when `refresh_token` is there and no boolean */
export function checkRefreshFlag(body: Record<string, unknown>): void {
  const { refresh_token: wanted } = body;
  if (wanted !== undefined && typeof wanted !== 'boolean') {
    throw refuse('UNKNOWN', {}, '`refresh_token` should be true or false');
  }
}

/** Can Postgres keep it as text? NUL and half a surrogate pair it cannot. */
export function storable(text: string): boolean {
  return !/[\0\p{Surrogate}]/u.test(text);
}

function tooLong(text: string, maxChars: number): boolean {
  return text.length > maxChars && [...text].length > maxChars;
}
