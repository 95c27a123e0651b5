import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, loadConfig } from './load.js';
import { redactedConfig } from './redact.js';
import { sharedSecret } from './secrets.js';

const problemsOf = (environment: Record<string, string>, file = ''): string[] => {
  try {
    loadConfig({ ...environment, ...(file ? { GANGLION_CONFIG: 'ganglion.yaml' } : {}) }, () => file);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

describe('loadConfig', () => {
  it('works with nothing set', () => {
    expect(loadConfig({}).server).toMatchObject({ server_name: 'localhost', listen: '127.0.0.1:8008' });
  });

  it('lets the environment win over the file, and the file over the defaults', () => {
    const file = 'server: { server_name: a.example, log_level: debug }\nrooms: { max_cached_rooms: 7 }';
    const config = loadConfig({ GANGLION_CONFIG: 'x', GANGLION_SERVER_NAME: 'b.example' }, () => file);
    expect(config.server).toMatchObject({ server_name: 'b.example', log_level: 'debug' });
    expect(config.rooms.max_cached_rooms).toBe(7);
  });

  it('names every bad key at once, with what it expected', () => {
    const problems = problemsOf(
      { GANGLION_LOG_LEVEL: 'loud', GANGLION_ROOMS__MAX_CACHED_ROOMS: '0', GANGLION_BAR: '1', GANGLION_FOO__X: '1' },
      'auth: { password_config: { colour: red } }',
    );
    expect(problems).toEqual([
      'GANGLION_BAR: no such variable',
      expect.stringContaining('foo: no such section'),
      expect.stringContaining('server.log_level: must be equal to one of the allowed values'),
      'auth.password_config: no such key: colour',
      'rooms.max_cached_rooms: must be >= 1, got 0',
    ]);
  });

  it('reads deeper keys, lists and durations', () => {
    const config = loadConfig({
      GANGLION_AUTH__PASSWORD_CONFIG__ARGON2__ITERATIONS: '3',
      GANGLION_APPSERVICE_CONFIG_FILES: '/a.yaml, /b.yaml',
      GANGLION_ACCOUNTING__USER_IPS_MAX_AGE: '7d',
      GANGLION_FENCE__LEASE_MS: '4s',
    });
    expect(config.auth.password_config.argon2.iterations).toBe(3);
    expect(config.appservice.config_files).toEqual(['/a.yaml', '/b.yaml']);
    expect(config.accounting.user_ips_max_age).toBe(7 * 86_400_000);
    expect(config.fence.lease_ms).toBe(4_000);
  });

  it('takes the endpoint of traces from OpenTelemetry’s own variable where nobody says otherwise', () => {
    const endpointOf = (environment: Record<string, string>, file = '') =>
      loadConfig({ GANGLION_CONFIG: 'x', ...environment }, () => file).observability.tracing.endpoint;
    const standard = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };
    expect(endpointOf({})).toBeNull();
    expect(endpointOf(standard)).toBe('http://collector:4318');
    expect(endpointOf({ ...standard, OTEL_SDK_DISABLED: 'true' })).toBeNull();
    expect(endpointOf(standard, 'observability: { tracing: { endpoint: null } }')).toBeNull();
    expect(endpointOf(standard, 'observability: { tracing: { endpoint: "http://file:1" } }')).toBe('http://file:1');
    expect(endpointOf({ ...standard, GANGLION_OBSERVABILITY__TRACING__ENDPOINT: 'http://own:1' })).toBe('http://own:1');
    expect(problemsOf({ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' })).toContainEqual(
      expect.stringContaining('observability.tracing.endpoint: must match pattern'),
    );
  });

  it('does not start with registration open to everybody by accident', () => {
    expect(problemsOf({ GANGLION_ENABLE_REGISTRATION: 'true' })).toEqual([
      expect.stringContaining('enable_registration_without_verification'),
    ]);
    expect(loadConfig({ GANGLION_PROFILE: 'test' }).auth.enable_registration).toBe(true);
  });

  it('is frozen', () => {
    expect(() => Object.assign(loadConfig({}).server, { listen: 'x:1' })).toThrow(TypeError);
  });

  it('never shows a secret', () => {
    const config = loadConfig({
      GANGLION_REGISTRATION_SHARED_SECRET: 'hunter2',
      GANGLION_NATS_URL: 'nats://u:hunter2@h',
    });
    expect(JSON.stringify(redactedConfig(config))).not.toContain('hunter2');
    expect(
      problemsOf({ GANGLION_REGISTRATION_SHARED_SECRET: '["hunter2"]', GANGLION_AUTH__TOKEN_CHECKSUM_KEY: '5' }).join(),
    ).not.toMatch(/hunter2|got 5/);
  });

  it('says what is wrong with a file that is no YAML', () => {
    expect(problemsOf({}, 'server: [')[0]).toContain('cannot be read as YAML');
  });
});

describe('sharedSecret', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ganglion-secrets-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is made once, then always the same, and private', () => {
    const secret = sharedSecret(folder, 'token_checksum_key');
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
    expect(sharedSecret(folder, 'token_checksum_key')).toBe(secret);
    expect(sharedSecret(folder, 'another')).not.toBe(secret);
    expect(statSync(join(folder, 'secrets', 'token_checksum_key')).mode & 0o777).toBe(0o600);
  });
});
