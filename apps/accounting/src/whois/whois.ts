import type { AddressRow } from '../sightings/address-rows.js';

interface Connection {
  ip: string;
  last_seen: number;
  user_agent: string;
}
export interface Whois {
  user_id: string;
  devices: Record<string, { sessions: { connections: Connection[] }[] }>;
}

/**
 * The answer of `whois` (accounting.md §12.1): one session per token, connections newest first.
 * @param rows  newest first; token references are told apart but never shown
 */
export function whois(userId: string, rows: AddressRow[]): Whois {
  const sessions = new Map<string, { deviceId: string; connections: Connection[] }>();
  for (const { tokenRef, deviceId, ip, lastSeenMs, userAgent } of rows) {
    const session = sessions.get(tokenRef) ?? { deviceId: deviceId ?? '', connections: [] };
    session.connections.push({ ip, last_seen: lastSeenMs, user_agent: userAgent });
    sessions.set(tokenRef, session);
  }
  // A Map, because device ids are the clients' choice and may be names that every object has.
  const devices = new Map<string, { connections: Connection[] }[]>();
  for (const { deviceId, connections } of sessions.values()) {
    devices.set(deviceId, [...(devices.get(deviceId) ?? []), { connections }]);
  }
  const shown = [...devices].map(([deviceId, list]) => [deviceId, { sessions: list }] as const);
  return { user_id: userId, devices: Object.fromEntries(shown) };
}
