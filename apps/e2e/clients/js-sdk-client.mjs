// matrix-js-sdk as a user has it, in a process of its own. The test tells it over IPC which method to call and hears
// of every timeline event, membership change and sync state it emits.
import sdk from 'matrix-js-sdk';

const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, getChild: () => quiet };
let client;

const calls = {
  /** Registers through the public endpoint, as Element does: first answer 401 with flows, then the dummy stage. */
  async register({ baseUrl, username, password }) {
    const anonymous = sdk.createClient({ baseUrl, logger: quiet });
    const flows = await anonymous.registerRequest({ username, password }).catch((error) => error.data);
    const auth = { type: 'm.login.dummy', session: flows.session };
    const { user_id: userId } = await anonymous.registerRequest({ username, password, auth, inhibit_login: true });
    return { userId, flows: flows.flows };
  },
  async login({ baseUrl, username, password }) {
    const anonymous = sdk.createClient({ baseUrl, logger: quiet });
    const session = await anonymous.loginRequest({
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user: username },
      password,
    });
    client = sdk.createClient({
      baseUrl,
      accessToken: session.access_token,
      userId: session.user_id,
      deviceId: session.device_id,
      logger: quiet,
    });
    client.on('Room.timeline', (event, room, toStartOfTimeline) => {
      if (toStartOfTimeline) return;
      process.send({ event: 'timeline', data: { roomId: room.roomId, ...event.event } });
    });
    client.on('RoomMember.membership', (_event, { roomId, userId, membership }) => {
      process.send({ event: 'membership', data: { roomId, userId, membership } });
    });
    client.on('Session.logged_out', ({ errcode, data }) => {
      process.send({ event: 'loggedOut', data: { errcode, softLogout: data?.soft_logout } });
    });
    client.on('sync', (state) => process.send({ event: 'sync', data: { state } }));
    return { userId: session.user_id, deviceId: session.device_id, accessToken: session.access_token };
  },
  start: () => client.startClient({ initialSyncLimit: 20, pollTimeout: 10_000 }),
  async stop() {
    client?.stopClient();
  },
  whoami: () => client.whoami(),
  createRoom: (options) => client.createRoom(options),
  invite: ({ roomId, userId }) => client.invite(roomId, userId),
  async join({ roomId }) {
    return { roomId: (await client.joinRoom(roomId)).roomId };
  },
  leave: ({ roomId }) => client.leave(roomId),
  send: ({ roomId, body, txnId }) => client.sendEvent(roomId, 'm.room.message', { msgtype: 'm.text', body }, txnId),
  setName: ({ roomId, name }) => client.setRoomName(roomId, name),
  async members({ roomId }) {
    return (await client.getJoinedRoomMembers(roomId)).joined;
  },
  async timeline({ roomId }) {
    return (
      client
        .getRoom(roomId)
        ?.getLiveTimeline()
        .getEvents()
        .map((event) => event.event) ?? []
    );
  },
  logout: () => client.logout(true),
  async devices() {
    return (await client.getDevices()).devices;
  },
  renameDevice: ({ deviceId, name }) => client.setDeviceDetails(deviceId, { display_name: name }),
  deleteDevice: ({ deviceId, password }) => confirmed(password, (auth) => client.deleteDevice(deviceId, auth)),
  deleteDevices: ({ deviceIds, password }) =>
    confirmed(password, (auth) => client.deleteMultipleDevices(deviceIds, auth)),
  changePassword: ({ password, newPassword, logoutDevices }) =>
    confirmed(password, (auth) => client.setPassword(auth, newPassword, logoutDevices)),
  deactivate: ({ password, erase }) => confirmed(password, (auth) => client.deactivateAccount(auth, erase)),
  capabilities: () => client.getCapabilities(),
};

/** As clients do what needs to be confirmed: ask, be told how, and show the password. */
async function confirmed(password, ask) {
  const { flows, session } = await ask(undefined).then(
    () => ({ flows: 'was not asked to confirm' }),
    (error) => error.data,
  );
  const identifier = { type: 'm.id.user', user: client.getUserId() };
  return { flows, result: await ask({ type: 'm.login.password', identifier, password, session }) };
}

process.on('message', async ({ id, method, args }) => {
  try {
    process.send({ id, result: (await calls[method](args ?? {})) ?? null });
  } catch (error) {
    process.send({ id, error: { message: error.message, errcode: error.errcode, httpStatus: error.httpStatus } });
  }
});
process.on('disconnect', () => process.exit());
process.send({ event: 'up', data: {} });
