import { createHmac } from 'node:crypto';
import type { Chance } from '../chance.js';
import type { History, SendRecord, TokenRecord } from '../history.js';
import type { Answer, Insistence, LoadClient } from './client.js';

export interface World {
  client: LoadClient;
  history: History;
  /** For one actor, told by its name. */
  chance: (name: string) => Chance;
  serverName: string;
}

export const PASSWORD = 'a long password';
const v3 = (path: string): string => `/_matrix/client/v3${path}`;
export const roomPath = (roomId: string, rest: string): string => v3(`/rooms/${encodeURIComponent(roomId)}${rest}`);
export const WHOAMI = v3('/account/whoami');
export const syncPath = (query: Record<string, string>): string => v3(`/sync?${new URLSearchParams(query)}`);
export const shadowBanPath = (userId: string): string =>
  `/_synapse/admin/v1/users/${encodeURIComponent(userId)}/shadow_ban`;

/** @throws Error when the answer is not 200: nothing can be tortured then */
export function must<A extends Answer>(answer: A, what: string): A {
  if (answer.status !== 200) throw new Error(`${what}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer;
}

/** Makes an account, also when the answer to an earlier attempt was lost. */
export async function register({ client, history, serverName }: World, username: string, signal?: AbortSignal) {
  const account = { userId: `@${username}:${serverName}`, ackedMs: null as number | null };
  history.accounts.push(account);
  const body = { username, password: PASSWORD, auth: { type: 'm.login.dummy' }, inhibit_login: true };
  const ask = { method: 'POST', path: v3('/register'), body } as const;
  const answer = await client.insist('register', ask, { again: { allowed: [400] }, ...(signal ? { signal } : {}) });
  const isTaken = answer.attempts > 1 && answer.body['errcode'] === 'M_USER_IN_USE';
  if (!isTaken) must(answer, `register ${username}`);
  account.ackedMs = answer.endedMs;
  history.acknowledge();
  return account.userId;
}

/** Opens a session. Sessions whose answers were lost stay open, and nobody knows them. */
export async function logIn({ client, history }: World, userId: string, signal?: AbortSignal): Promise<TokenRecord> {
  const identifier = { type: 'm.id.user', user: userId };
  const ask = {
    method: 'POST',
    path: v3('/login'),
    body: { type: 'm.login.password', identifier, password: PASSWORD },
  };
  const answer = must(await client.insist('login', { ...ask, method: 'POST' }, signal ? { signal } : {}), 'login');
  history.acknowledge();
  return history.issue(answer.body['access_token'] as string, userId, answer.endedMs);
}

/** Ends the session; it is dead when this returns. */
export async function logOut(world: World, token: TokenRecord, { all = false, signal }: LogOut = {}): Promise<void> {
  token.logoutStartedMs = performance.now();
  const ask = { method: 'POST', path: v3(all ? '/logout/all' : '/logout'), token, body: {} } as const;
  // The second time its own token may be dead already: that is an answer, too.
  const answer = await world.client.insist('logout', ask, { again: { allowed: [401] }, ...(signal ? { signal } : {}) });
  if (!(answer.attempts > 1 && answer.status === 401)) must(answer, 'logout');
  token.deadMs = answer.endedMs;
  world.history.acknowledge();
}

interface LogOut {
  all?: boolean;
  signal?: AbortSignal;
}

/** Sends a message or sets a piece of state of one's own until it is acknowledged. */
export async function send(world: World, request: SendRequest, insistence: Insistence = {}): Promise<SendRecord> {
  const { token, roomId, key, kind } = request;
  const startedMs = performance.now();
  const counts = { startedMs, endedMs: startedMs, attempts: 0, attemptsNeeded: 0, ackedMs: null, eventIds: [] };
  const record: SendRecord = { kind, roomId, userId: token.userId, token: token.index, key, ...counts };
  world.history.sends.push(record);
  await again(world, record, request, insistence);
  return record;
}

/** The same once more, as a client does that has lost the answer. */
export async function again(world: World, record: SendRecord, request: SendRequest, insistence: Insistence = {}) {
  const { token, roomId, key, kind } = request;
  const path =
    kind === 'message'
      ? roomPath(roomId, `/send/m.room.message/${encodeURIComponent(key)}`)
      : roomPath(roomId, `/state/${STATE_TYPE}/${encodeURIComponent(token.userId)}`);
  const body = kind === 'message' ? { msgtype: 'm.text', body: key } : { value: key };
  const onAttempt = ({ endedMs }: Answer) => {
    record.attempts++;
    if (record.ackedMs === null) record.attemptsNeeded++;
    record.endedMs = Math.max(record.endedMs, endedMs);
  };
  const answer = await world.client.insist(kind, { method: 'PUT', path, token, body }, { ...insistence, onAttempt });
  const eventId = answer.body['event_id'];
  if (answer.status !== 200 || typeof eventId !== 'string') return;
  record.ackedMs ??= answer.endedMs;
  if (!record.eventIds.includes(eventId)) record.eventIds.push(eventId);
  world.history.acknowledge();
}

export interface SendRequest {
  kind: SendRecord['kind'];
  token: TokenRecord;
  roomId: string;
  key: string;
}

export const STATE_TYPE = 'org.ganglion.torture';

/** The first admin, by the shared secret. */
export async function registerAdmin({ client, history }: World, username: string, secret: string) {
  const path = '/_synapse/admin/v1/register';
  const { nonce } = must(await client.insist('nonce', { method: 'GET', path }), 'nonce').body as { nonce: string };
  const mac = createHmac('sha1', secret).update(`${nonce}\0${username}\0${PASSWORD}\0admin`).digest('hex');
  const body = { nonce, username, password: PASSWORD, admin: true, mac };
  const made = must(await client.ask('admin', { method: 'POST', path, body }), 'admin');
  const { user_id: userId, access_token: value } = made.body as { user_id: string; access_token: string };
  return history.issue(value, userId, made.endedMs);
}
