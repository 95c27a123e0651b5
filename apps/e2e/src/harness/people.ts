import { createHmac } from 'node:crypto';
import { http } from './http.js';

export interface Person {
  userId: string;
  token: string;
}

export const PASSWORD = 'a long password';
/** Of systems whose tests need an admin: GANGLION_REGISTRATION_SHARED_SECRET. */
export const SECRET = 'the shared secret of this test';

/** @throws Error when the answer is not 200 */
export async function ask(
  url: string,
  method: string,
  path: string,
  options: { token?: string; body?: unknown } = {},
): Promise<Record<string, unknown>> {
  const { status, body } = await http(url, method, path, options);
  if (status !== 200) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(body)}`);
  return body;
}

export async function newPerson(url: string, username: string): Promise<Person> {
  const body = { username, password: PASSWORD, auth: { type: 'm.login.dummy' } };
  const made = await ask(url, 'POST', '/_matrix/client/v3/register', { body });
  return { userId: made['user_id'] as string, token: made['access_token'] as string };
}

/** One more session. @returns its token */
export async function logIn(url: string, { userId }: Pick<Person, 'userId'>): Promise<string> {
  const body = loginBody(userId);
  return (await ask(url, 'POST', '/_matrix/client/v3/login', { body }))['access_token'] as string;
}

export const loginBody = (user: string) => ({
  type: 'm.login.password',
  identifier: { type: 'm.id.user', user },
  password: PASSWORD,
});

/** By the shared secret. */
export async function newAdmin(url: string, username: string): Promise<Person> {
  const path = '/_synapse/admin/v1/register';
  const nonce = (await ask(url, 'GET', path))['nonce'] as string;
  const mac = createHmac('sha1', SECRET).update(`${nonce}\0${username}\0${PASSWORD}\0admin`).digest('hex');
  const made = await ask(url, 'POST', path, { body: { nonce, username, password: PASSWORD, admin: true, mac } });
  return { userId: made['user_id'] as string, token: made['access_token'] as string };
}

export async function newRoom(url: string, { token }: Person, members: readonly Person[] = []): Promise<string> {
  const body = { preset: 'public_chat' };
  const roomId = (await ask(url, 'POST', '/_matrix/client/v3/createRoom', { token, body }))['room_id'] as string;
  for (const member of members) await ask(url, 'POST', roomPath(roomId, '/join'), { token: member.token, body: {} });
  return roomId;
}

export const roomPath = (roomId: string, rest: string): string =>
  `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}${rest}`;

export const shadowBanPath = (userId: string): string =>
  `/_synapse/admin/v1/users/${encodeURIComponent(userId)}/shadow_ban`;

/** All messages of the room, oldest first, page by page. */
export async function messagesOf(url: string, { token }: Person, roomId: string) {
  const found: { event_id: string; content: { body: string } }[] = [];
  for (let from: string | undefined = ''; from !== undefined;) {
    const path: string = roomPath(roomId, `/messages?dir=f&limit=500${from ? `&from=${from}` : ''}`);
    const page = await ask(url, 'GET', path, { token });
    const chunk = page['chunk'] as ({ type: string } & (typeof found)[number])[];
    found.push(...chunk.filter(({ type }) => type === 'm.room.message'));
    from = page['end'] as string | undefined;
  }
  return found;
}
