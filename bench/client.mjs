// Just enough of a Matrix client for load: one keep-alive pool, JSON in and out, an error for anything but 200.
import { Pool } from 'undici';

export class Client {
  constructor(url, connections = 64) {
    this.pool = new Pool(url, { connections, pipelining: 1 });
  }

  async call(method, path, token, body) {
    const response = await this.pool.request({
      method,
      path,
      headers: token ? { authorization: `Bearer ${token}` } : {},
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = await response.body.json();
    if (response.statusCode !== 200)
      throw new Error(`${method} ${path}: ${response.statusCode} ${JSON.stringify(answer)}`);
    return answer;
  }

  async user(name) {
    const body = { username: name, password: `password of ${name}`, auth: { type: 'm.login.dummy' } };
    const { user_id: userId, access_token: token } = await this.call(
      'POST',
      '/_matrix/client/v3/register',
      undefined,
      body,
    );
    return { userId, token };
  }

  async room(token, invite = []) {
    const { room_id: roomId } = await this.call('POST', '/_matrix/client/v3/createRoom', token, {
      preset: 'public_chat',
      invite,
    });
    return roomId;
  }

  send(token, roomId, txnId, text = 'hello') {
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/${txnId}`;
    return this.call('PUT', path, token, { msgtype: 'm.text', body: text });
  }

  close() {
    return this.pool.close();
  }
}
