import { Type } from 'typebox';
import { defineConfig, Duration, OptionalDuration, OptionalString } from '../section.js';

const databaseUrl = OptionalString({
  secret: true,
  description: 'This service’s own database. Null: derived from postgres.url.',
});

const RateLimit = (perSecond: number, burst: number, description: string) =>
  Type.Object(
    {
      per_second: Type.Number({
        minimum: 0,
        default: perSecond,
        description: 'Actions that leak out of the bucket each second.',
      }),
      burst_count: Type.Integer({ minimum: 0, default: burst, description: 'Actions the bucket holds.' }),
    },
    { additionalProperties: false, default: {}, description },
  );
const unlimited = { per_second: 1_000_000, burst_count: 1_000_000 };

export const authConfig = defineConfig(
  'auth',
  'Accounts, credentials, devices and tokens.',
  {
    database_url: databaseUrl,
    enable_registration: Type.Boolean({ default: false, description: 'Let anybody make an account.' }),
    enable_registration_without_verification: Type.Boolean({
      default: false,
      description: 'Needed beside enable_registration while no verification is configured.',
    }),
    registration_shared_secret: OptionalString({
      secret: true,
      description: 'Secret of POST /_synapse/admin/v1/register. Null: made at first start and kept in the data folder.',
    }),
    inhibit_user_in_use_error: Type.Boolean({
      default: false,
      description: 'Do not say early that a user name is taken.',
    }),
    allow_underscore_prefixed_localpart: Type.Boolean({
      default: false,
      description: 'User names may start with an underscore.',
    }),
    allow_query_access_token: Type.Boolean({
      default: true,
      description: 'Accept ?access_token=, as older clients and bridges send it.',
    }),
    token_checksum_key: OptionalString({
      secret: true,
      description: 'Key of the checksum inside tokens. Null: made at first start and kept in the data folder.',
    }),
    msc3202_device_masquerading: Type.Boolean({
      default: true,
      description: 'Accept the unstable device parameter of appservices.',
    }),
    password_config: Type.Object(
      {
        enabled: Type.Union([Type.Boolean(), Type.Enum(['only_for_reauth'])], {
          default: true,
          description: 'Password login. only_for_reauth: passwords confirm what a session does, and open none.',
        }),
        localdb_enabled: Type.Boolean({
          default: true,
          description: 'Passwords kept here count. Off: they neither open sessions nor can be set.',
        }),
        pepper: Type.String({ default: '', secret: true, description: 'Appended to every password before hashing.' }),
        argon2: Type.Object(
          {
            memory_kib: Type.Integer({ minimum: 8, default: 19_456, description: 'Memory of one hash, KiB.' }),
            iterations: Type.Integer({ minimum: 1, default: 2, description: 'Passes.' }),
            parallelism: Type.Integer({ minimum: 1, default: 1, description: 'Lanes.' }),
          },
          { additionalProperties: false, default: {}, description: 'Cost of argon2id.' },
        ),
        policy: Type.Object(
          {
            enabled: Type.Boolean({
              default: false,
              description: 'Apply the policy at registration and password change.',
            }),
            minimum_length: Type.Integer({ minimum: 0, maximum: 512, default: 0, description: 'Characters.' }),
            require_digit: Type.Boolean({ default: false, description: 'At least one of 0-9.' }),
            require_symbol: Type.Boolean({
              default: false,
              description: 'At least one character that is no letter or digit.',
            }),
            require_uppercase: Type.Boolean({ default: false, description: 'At least one of A-Z.' }),
            require_lowercase: Type.Boolean({ default: false, description: 'At least one of a-z.' }),
          },
          { additionalProperties: false, default: {}, description: 'Password policy.' },
        ),
      },
      { additionalProperties: false, default: {}, description: 'Passwords.' },
    ),
    ui_auth: Type.Object(
      {
        session_timeout: Duration({
          default: 0,
          description: 'How long after a login or a confirmation devices are deleted without another one; 0: never.',
        }),
      },
      { additionalProperties: false, default: {}, description: 'User-interactive authentication.' },
    ),
    rc_login: Type.Object(
      {
        address: RateLimit(0.003, 5, 'Per client address.'),
        account: RateLimit(0.003, 5, 'Per account, after the credentials were right.'),
        failed_attempts: RateLimit(0.17, 3, 'Per account, on wrong credentials.'),
      },
      { additionalProperties: false, default: {}, description: 'Limits on login.' },
    ),
    rc_registration: RateLimit(0.17, 3, 'Accounts made per client address.'),
  },
  {
    enable_registration: true,
    enable_registration_without_verification: true,
    rc_login: { address: unlimited, account: unlimited, failed_attempts: unlimited },
    rc_registration: unlimited,
  },
);

export const moderationConfig = defineConfig(
  'moderation',
  'Restrictions, their causes, and the events other services subscribe to.',
  {
    database_url: databaseUrl,
    allow_self_restriction: Type.Boolean({ default: false, description: 'Admins may shadow-ban themselves.' }),
    public_stream: Type.Object(
      {
        retention_d: Type.Integer({
          minimum: 1,
          default: 30,
          description: 'Days the public stream moderation.> is kept.',
        }),
      },
      { additionalProperties: false, default: {}, description: 'Events for other people’s services.' },
    ),
    shadow_ban: Type.Object(
      {
        delay_ms: Type.Object(
          {
            min: Type.Integer({ minimum: 0, maximum: 60_000, default: 1_000, description: 'Least delay, ms.' }),
            max: Type.Integer({
              minimum: 0,
              maximum: 60_000,
              default: 10_000,
              description: 'Greatest delay, ms. Both 0: none.',
            }),
          },
          { additionalProperties: false, default: {}, description: 'Random wait before a dropped action is answered.' },
        ),
      },
      { additionalProperties: false, default: {}, description: 'Shadow-bans.' },
    ),
  },
  { shadow_ban: { delay_ms: { min: 0, max: 0 } } },
);

export const roomsConfig = defineConfig('rooms', 'Rooms, state and sync.', {
  database_url: databaseUrl,
  default_room_version: Type.String({ default: '11', description: 'Version of new rooms: 10, 11 or 12.' }),
  max_cached_rooms: Type.Integer({
    minimum: 1,
    default: 5_000,
    description: 'Rooms whose current state is kept in memory.',
  }),
  filter_timeline_limit: Type.Integer({
    minimum: 1,
    default: 100,
    description: 'Most timeline events per room in one sync.',
  }),
});

export const appserviceConfig = defineConfig('appservice', 'Appservices and their transactions.', {
  database_url: databaseUrl,
  config_files: Type.Array(Type.String(), { default: [], description: 'Registration files (YAML).' }),
  max_txn_events: Type.Integer({
    minimum: 1,
    maximum: 1_000,
    default: 100,
    description: 'Room events in one transaction.',
  }),
  max_txn_bytes: Type.Integer({
    minimum: 65_536,
    default: 5_000_000,
    description: 'Bytes of one transaction’s body; one event always fits.',
  }),
  request_timeout_ms: Duration({
    default: 60_000,
    minimum: 100,
    description: 'Longest wait for an appservice’s answer.',
  }),
  retry: Type.Object(
    {
      first_ms: Duration({
        default: 2_000,
        minimum: 10,
        description: 'First wait after a failure; doubles each time.',
      }),
      max_ms: Duration({ default: 3_600_000, minimum: 10, description: 'Longest wait between attempts.' }),
      jitter: Type.Number({
        minimum: 0,
        maximum: 1,
        default: 0.1,
        description: 'Share by which chance may shorten a wait, so that lanes do not all come back at once.',
      }),
    },
    { additionalProperties: false, default: {}, description: 'Waits of a failing lane.' },
  ),
});

export const accountingConfig = defineConfig('accounting', 'Client addresses, activity and limits.', {
  database_url: databaseUrl,
  limit_usage_by_mau: Type.Boolean({ default: false, description: 'Enforce max_mau_value.' }),
  max_mau_value: Type.Integer({
    minimum: 0,
    default: 0,
    description: 'Most monthly active users; 0 unless limit_usage_by_mau.',
  }),
  mau_stats_only: Type.Boolean({
    default: false,
    description: 'Count monthly active users without enforcing a limit.',
  }),
  mau_trial_days: Type.Integer({ minimum: 0, default: 0, description: 'Days before a new account counts.' }),
  hs_disabled: Type.Boolean({ default: false, description: 'Refuse everybody (maintenance).' }),
  hs_disabled_message: Type.String({ default: '', description: 'What they are told.' }),
  admin_contact: OptionalString({ description: 'URI shown in errors of limits.' }),
  track_appservice_user_ips: Type.Boolean({
    default: false,
    description: 'Record and count requests with appservice tokens.',
  }),
  track_puppeted_user_ips: Type.Boolean({
    default: false,
    description: 'Record the puppeted user beside the token’s owner.',
  }),
  user_ips_max_age: OptionalDuration({
    default: 28 * 86_400_000,
    description: 'How long client addresses are kept; null: for ever.',
  }),
});
