import { Type } from 'typebox';
import { defineConfig, Duration, OptionalString } from '../section.js';

/** Machines that run tests are busy with other things, too; what is tested must not be refused for that. */
const TEST_PROFILE = { max_loop_delay_ms: 10_000 };

export const serverConfig = defineConfig(
  'server',
  'What every process needs to know.',
  {
    server_name: Type.String({
      minLength: 1,
      maxLength: 230,
      default: 'localhost',
      description: 'The part of user ids after the colon. Cannot be changed later.',
    }),
    listen: Type.String({
      pattern: '^.+:\\d+$',
      default: '127.0.0.1:8008',
      description: 'Address and port the gateway serves clients on. Port 0 takes a free one.',
    }),
    public_baseurl: OptionalString({
      description: 'URL under which clients reach the server, for /.well-known/matrix/client. Null: that answers 404.',
    }),
    data_dir: Type.String({
      default: '.ganglion',
      description: 'Folder of secrets that the processes share and, for the launcher, of its servers’ data.',
    }),
    data_key_master: Type.Union([Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }), Type.Null()], {
      default: null,
      secret: true,
      description:
        'Key that wraps the keys of personal data: 32 random bytes, base64url. Null: made at first start and kept in the ' +
        'data folder. Without it personal data in the logs is lost, so keep a copy away from the databases.',
    }),
    log_level: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal'], {
      default: 'info',
      description: 'Least level that is logged: trace, debug, info, warn, error or fatal.',
    }),
    deployment: Type.String({
      pattern: '^[A-Za-z0-9_-]*$',
      default: '',
      description: 'Prefix of every subject and stream, for several deployments on one NATS.',
    }),
    health_listen: Type.String({
      pattern: '^.+:\\d+$',
      default: '127.0.0.1:0',
      description: 'Address of each process’s own health and metrics port.',
    }),
    trusted_proxies: Type.Array(Type.String(), {
      default: [],
      description: 'CIDR ranges of reverse proxies whose X-Forwarded-For is believed.',
    }),
    request_timeout_ms: Duration({
      default: 10_000,
      minimum: 100,
      description: 'Longest time a client request waits for the service that answers it.',
    }),
    max_loop_delay_ms: Duration({
      default: 500,
      minimum: 20,
      description:
        'A process whose event loop is later than this refuses new requests with 429 until it has caught up.',
    }),
    migrate: Type.Enum(['auto', 'manual'], {
      default: 'auto',
      description:
        'auto: a service brings its database up to date when it starts. manual: it refuses to start until `ganglion upgrade` has done so.',
    }),
  },
  TEST_PROFILE,
);

export const postgresConfig = defineConfig('postgres', 'The database cluster.', {
  url: OptionalString({
    secret: true,
    description:
      'Existing server. Each service uses the database ganglion_<service> there unless its own database_url is set.',
  }),
});

export const natsConfig = defineConfig('nats', 'The bus.', {
  url: Type.String({
    default: 'nats://127.0.0.1:4222',
    secret: true,
    description: 'NATS server, with credentials where it asks for them. Several with commas.',
  }),
  stream_replicas: Type.Integer({
    minimum: 1,
    maximum: 5,
    default: 1,
    description: 'Copies of each JetStream stream; 3 on a cluster.',
  }),
});

export const fenceConfig = defineConfig(
  'fence',
  'Leases that make revocations effective everywhere (auth and moderation).',
  {
    lease_ms: Duration({
      default: 3_000,
      minimum: 500,
      maximum: 60_000,
      description: 'How long a member may serve after it asked for its last renewal.',
    }),
    renew_every_ms: Duration({
      default: 1_000,
      minimum: 100,
      maximum: 20_000,
      description: 'How often members renew.',
    }),
    margin_ms: Duration({
      default: 200,
      maximum: 5_000,
      description: 'Added to a lease by the writer before it counts a silent member as stopped.',
    }),
    writer_absent_grace_ms: Duration({
      default: 30_000,
      description:
        'How long members serve on their last state when NATS answers that no writer exists. 0 with clustered NATS.',
    }),
  },
);

export const gatewayConfig = defineConfig('gateway', 'The HTTP edge.', {
  sync_timeout_max_ms: Duration({ default: 300_000, description: 'Cap of the timeout parameter of /sync.' }),
  max_parked: Type.Integer({
    minimum: 1,
    default: 20_000,
    description: 'Most long polls parked at once; further ones are answered 429.',
  }),
  max_in_flight: Type.Integer({
    minimum: 1,
    default: 1_000,
    description:
      'Most requests that wait for a service at once, parked long polls aside; further ones are answered 429. ' +
      'While most of them wait longer than slow_answer_ms it is fewer.',
  }),
  slow_answer_ms: Duration({
    default: 1_000,
    minimum: 10,
    description: 'A request that waits longer than this for its service says that too many wait.',
  }),
});
