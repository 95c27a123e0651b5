import type { ServiceName } from './services.js';

/**
 * The one table of client routes: what the gateway serves, who may call, and which service answers under which name.
 * A new endpoint is a row here and a slice in its owner. Tests walk this table (bad input, 404, 405, CORS).
 */
export interface Route {
  /** Unique in the owner; the name of the command or query on the bus. */
  name: string;
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path templates, parameters in braces. The first is the canonical one. */
  paths: string[];
  owner: ServiceName;
  /** Commands go to the owner of a virtual shard, queries to any instance. */
  kind: 'command' | 'query';
  /** What the shard is chosen by: a path parameter, the requester's user id, or a body field; for commands only. */
  shardBy?: { param: string } | { requester: true } | { body: string } | { any: true };
  auth: 'none' | 'optional' | 'required' | 'admin';
  /** With `auth: 'optional'`: a token that does not resolve is the owner's affair; see `RouteRequest.tokenProblem`. */
  ifPresent?: 'pass';
  guest?: true;
  allowLocked?: true;
  allowExpired?: true;
  /** Accounting.md §7.4: the sighting and the limit check come before the endpoint. */
  blockDecision?: true;
  /** `none`: no body is read. `optional`: an absent body means `{}`. */
  body: 'none' | 'required' | 'optional';
  /** Bytes; 1 MiB where absent. */
  maxBodyBytes?: number;
  /** The body becomes part of an event: a number that no event may hold is refused with 400 M_BAD_JSON. */
  strictNumbers?: true;
  /** It ends the session that asks for it: the gateway must not cut this very request off when that takes effect. */
  revokesCaller?: true;
  summary: string;
}

const client = (...paths: string[]): string[] =>
  paths.flatMap((path) => [`/_matrix/client/v3${path}`, `/_matrix/client/r0${path}`]);
const legacy = (...paths: string[]): string[] => [
  ...client(...paths),
  ...paths.map((path) => `/_matrix/client/unstable${path}`),
];
const withApi = (path: string): string[] => [...legacy(path), `/_matrix/client/api/v1${path}`];

const TEN_MIB = 10 * 1024 * 1024;

const table = {
  // gateway
  versions: {
    method: 'GET',
    paths: ['/_matrix/client/versions'],
    owner: 'gateway',
    kind: 'query',
    auth: 'optional',
    guest: true,
    allowLocked: true,
    allowExpired: true,
    body: 'none',
    summary: 'Supported versions of the specification',
  },
  wellKnownClient: {
    method: 'GET',
    paths: ['/.well-known/matrix/client'],
    owner: 'gateway',
    kind: 'query',
    auth: 'none',
    body: 'none',
    summary: 'Where the homeserver is',
  },
  capabilities: {
    method: 'GET',
    paths: client('/capabilities'),
    owner: 'gateway',
    kind: 'query',
    auth: 'required',
    guest: true,
    body: 'none',
    summary: 'What the server allows',
  },
  whoami: {
    method: 'GET',
    paths: legacy('/account/whoami'),
    owner: 'gateway',
    kind: 'query',
    auth: 'required',
    guest: true,
    body: 'none',
    summary: 'Who the token belongs to',
  },
  turnServer: {
    method: 'GET',
    paths: client('/voip/turnServer'),
    owner: 'gateway',
    kind: 'query',
    auth: 'required',
    body: 'none',
    summary: 'TURN credentials: none',
  },
  pushRules: {
    method: 'GET',
    paths: client('/pushrules/', '/pushrules'),
    owner: 'gateway',
    kind: 'query',
    auth: 'required',
    body: 'none',
    summary: 'Push rules: the empty set',
  },
  sync: {
    method: 'GET',
    paths: client('/sync'),
    owner: 'gateway',
    kind: 'query',
    auth: 'required',
    guest: true,
    blockDecision: true,
    body: 'none',
    summary: 'New events since a token; waits for them',
  },
  serverVersion: {
    method: 'GET',
    paths: ['/_synapse/admin/v1/server_version'],
    owner: 'gateway',
    kind: 'query',
    auth: 'none',
    body: 'none',
    summary: 'Version of the server',
  },
  live: {
    method: 'GET',
    paths: ['/_ganglion/health/live'],
    owner: 'gateway',
    kind: 'query',
    auth: 'none',
    body: 'none',
    summary: 'Does the gateway run?',
  },
  ready: {
    method: 'GET',
    paths: ['/_ganglion/health/ready', '/health'],
    owner: 'gateway',
    kind: 'query',
    auth: 'none',
    body: 'none',
    summary: 'Can the whole system serve?',
  },
  metrics: {
    method: 'GET',
    paths: ['/_ganglion/metrics'],
    owner: 'gateway',
    kind: 'query',
    auth: 'admin',
    body: 'none',
    summary: 'Figures of every service, for Prometheus',
  },

  // auth
  loginFlows: {
    method: 'GET',
    paths: withApi('/login'),
    owner: 'auth',
    kind: 'query',
    auth: 'none',
    body: 'none',
    summary: 'Login types',
  },
  login: {
    method: 'POST',
    paths: withApi('/login'),
    owner: 'auth',
    kind: 'command',
    shardBy: { any: true },
    auth: 'optional',
    ifPresent: 'pass',
    body: 'required',
    summary: 'Log in',
  },
  register: {
    method: 'POST',
    paths: legacy('/register'),
    owner: 'auth',
    kind: 'command',
    shardBy: { any: true },
    auth: 'optional',
    ifPresent: 'pass',
    body: 'optional',
    summary: 'Make an account',
  },
  registerAvailable: {
    method: 'GET',
    paths: legacy('/register/available'),
    owner: 'auth',
    kind: 'query',
    auth: 'none',
    body: 'none',
    summary: 'Is a user name free?',
  },
  logout: {
    method: 'POST',
    paths: withApi('/logout'),
    owner: 'auth',
    kind: 'command',
    shardBy: { requester: true },
    auth: 'required',
    allowLocked: true,
    allowExpired: true,
    body: 'optional',
    revokesCaller: true,
    summary: 'End this session',
  },
  logoutAll: {
    method: 'POST',
    paths: withApi('/logout/all'),
    owner: 'auth',
    kind: 'command',
    shardBy: { requester: true },
    auth: 'required',
    allowLocked: true,
    allowExpired: true,
    body: 'optional',
    revokesCaller: true,
    summary: 'End all sessions',
  },
  sharedSecretNonce: {
    method: 'GET',
    paths: ['/_synapse/admin/v1/register'],
    owner: 'auth',
    kind: 'command',
    shardBy: { any: true },
    auth: 'none',
    body: 'none',
    summary: 'Nonce for shared-secret registration',
  },
  sharedSecretRegister: {
    method: 'POST',
    paths: ['/_synapse/admin/v1/register'],
    owner: 'auth',
    kind: 'command',
    shardBy: { any: true },
    auth: 'none',
    body: 'required',
    summary: 'Register with the shared secret',
  },

  // rooms
  createRoom: {
    method: 'POST',
    paths: client('/createRoom'),
    owner: 'rooms',
    kind: 'command',
    shardBy: { any: true },
    auth: 'required',
    blockDecision: true,
    body: 'required',
    maxBodyBytes: TEN_MIB,
    strictNumbers: true,
    summary: 'Create a room',
  },
  invite: {
    method: 'POST',
    paths: client('/rooms/{roomId}/invite'),
    owner: 'rooms',
    kind: 'command',
    shardBy: { param: 'roomId' },
    auth: 'required',
    blockDecision: true,
    body: 'required',
    strictNumbers: true,
    summary: 'Invite a user',
  },
  joinByIdOrAlias: {
    method: 'POST',
    paths: client('/join/{roomIdOrAlias}'),
    owner: 'rooms',
    kind: 'command',
    shardBy: { param: 'roomIdOrAlias' },
    auth: 'required',
    guest: true,
    blockDecision: true,
    body: 'optional',
    strictNumbers: true,
    summary: 'Join by id or alias',
  },
  join: {
    method: 'POST',
    paths: client('/rooms/{roomId}/join'),
    owner: 'rooms',
    kind: 'command',
    shardBy: { param: 'roomId' },
    auth: 'required',
    guest: true,
    blockDecision: true,
    body: 'optional',
    strictNumbers: true,
    summary: 'Join a room',
  },
  leave: {
    method: 'POST',
    paths: client('/rooms/{roomId}/leave'),
    owner: 'rooms',
    kind: 'command',
    shardBy: { param: 'roomId' },
    auth: 'required',
    guest: true,
    blockDecision: true,
    body: 'optional',
    strictNumbers: true,
    summary: 'Leave a room or reject an invite',
  },
  joinedRooms: {
    method: 'GET',
    paths: client('/joined_rooms'),
    owner: 'rooms',
    kind: 'query',
    auth: 'required',
    body: 'none',
    summary: 'Rooms the user is in',
  },
  sendEvent: {
    method: 'PUT',
    paths: client('/rooms/{roomId}/send/{eventType}/{txnId}'),
    owner: 'rooms',
    kind: 'command',
    shardBy: { param: 'roomId' },
    auth: 'required',
    guest: true,
    blockDecision: true,
    body: 'required',
    strictNumbers: true,
    summary: 'Send a message event',
  },
  sendState: {
    method: 'PUT',
    paths: client(
      '/rooms/{roomId}/state/{eventType}/{stateKey}',
      '/rooms/{roomId}/state/{eventType}',
      '/rooms/{roomId}/state/{eventType}/',
    ),
    owner: 'rooms',
    kind: 'command',
    shardBy: { param: 'roomId' },
    auth: 'required',
    guest: true,
    blockDecision: true,
    body: 'required',
    strictNumbers: true,
    summary: 'Set a piece of state',
  },
  getState: {
    method: 'GET',
    paths: client(
      '/rooms/{roomId}/state/{eventType}/{stateKey}',
      '/rooms/{roomId}/state/{eventType}',
      '/rooms/{roomId}/state/{eventType}/',
    ),
    owner: 'rooms',
    kind: 'query',
    auth: 'required',
    guest: true,
    body: 'none',
    summary: 'Read a piece of state',
  },
  getAllState: {
    method: 'GET',
    paths: client('/rooms/{roomId}/state'),
    owner: 'rooms',
    kind: 'query',
    auth: 'required',
    guest: true,
    body: 'none',
    summary: 'Read all state',
  },
  members: {
    method: 'GET',
    paths: client('/rooms/{roomId}/members'),
    owner: 'rooms',
    kind: 'query',
    auth: 'required',
    guest: true,
    body: 'none',
    summary: 'Member events',
  },
  joinedMembers: {
    method: 'GET',
    paths: client('/rooms/{roomId}/joined_members'),
    owner: 'rooms',
    kind: 'query',
    auth: 'required',
    body: 'none',
    summary: 'Joined members and their profiles',
  },
  getEvent: {
    method: 'GET',
    paths: client('/rooms/{roomId}/event/{eventId}'),
    owner: 'rooms',
    kind: 'query',
    auth: 'required',
    guest: true,
    body: 'none',
    summary: 'One event',
  },
  messages: {
    method: 'GET',
    paths: client('/rooms/{roomId}/messages'),
    owner: 'rooms',
    kind: 'query',
    auth: 'required',
    guest: true,
    body: 'none',
    summary: 'A page of a room’s history',
  },
  createFilter: {
    method: 'POST',
    paths: client('/user/{userId}/filter'),
    owner: 'rooms',
    kind: 'command',
    shardBy: { param: 'userId' },
    auth: 'required',
    body: 'required',
    summary: 'Store a filter',
  },
  getFilter: {
    method: 'GET',
    paths: client('/user/{userId}/filter/{filterId}'),
    owner: 'rooms',
    kind: 'query',
    auth: 'required',
    body: 'none',
    summary: 'Read a filter',
  },
  profile: {
    method: 'GET',
    paths: client('/profile/{userId}'),
    owner: 'rooms',
    kind: 'query',
    auth: 'none',
    body: 'none',
    summary: 'A user’s profile',
  },
  resolveAlias: {
    method: 'GET',
    paths: client('/directory/room/{roomAlias}'),
    owner: 'rooms',
    kind: 'query',
    auth: 'none',
    body: 'none',
    summary: 'Room id behind an alias',
  },

  // moderation
  shadowBan: {
    method: 'POST',
    paths: ['/_synapse/admin/v1/users/{userId}/shadow_ban'],
    owner: 'moderation',
    kind: 'command',
    shardBy: { param: 'userId' },
    auth: 'admin',
    body: 'none',
    summary: 'Shadow-ban a user',
  },
  liftShadowBan: {
    method: 'DELETE',
    paths: ['/_synapse/admin/v1/users/{userId}/shadow_ban'],
    owner: 'moderation',
    kind: 'command',
    shardBy: { param: 'userId' },
    auth: 'admin',
    body: 'none',
    summary: 'Lift a shadow-ban',
  },

  // accounting
  mau: {
    method: 'GET',
    paths: ['/_ganglion/admin/v1/accounting/mau'],
    owner: 'accounting',
    kind: 'query',
    auth: 'admin',
    body: 'none',
    summary: 'Monthly active users now',
  },
  whois: {
    method: 'GET',
    paths: [...client('/admin/whois/{userId}'), '/_synapse/admin/v1/whois/{userId}'],
    owner: 'accounting',
    kind: 'query',
    auth: 'required',
    body: 'none',
    summary: 'A user’s recent addresses, for themselves or an admin',
  },

  // appservice
  appservices: {
    method: 'GET',
    paths: ['/_ganglion/admin/v1/appservices'],
    owner: 'appservice',
    kind: 'query',
    auth: 'admin',
    body: 'none',
    summary: 'Registrations and the state of their lanes',
  },
} as const satisfies Record<string, Omit<Route, 'name' | 'paths'> & { paths: readonly string[] }>;

export type RouteName = keyof typeof table;

/** Every route, by name. */
export const routes = Object.fromEntries(
  Object.entries(table).map(([name, route]) => [name, { ...route, paths: [...route.paths], name }]),
) as unknown as Record<RouteName, Route>;
