import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, type Config } from '@ganglion/config';
import { DATA_KEY_SCHEMA, WrongMasterKey } from '@ganglion/event-store';
import { FixedClock, makeIds, systemClock } from '@ganglion/kernel';
import { Bus } from '@ganglion/messaging';
import pg from 'pg';
import { onServer, setting, uniqueName } from './pipeline-sessions.fixture.js';
import { openSubjectKeys } from './subject-keys.js';

describe('the data keys of a service', () => {
  const prefix = uniqueName();
  const closes: (() => unknown)[] = [];
  let pool: pg.Pool;
  let dataDir: string;

  beforeAll(async () => {
    await onServer(`create database ${prefix}`);
    const url = new URL(setting('GANGLION_TEST_POSTGRES_URL'));
    url.pathname = `/${prefix}`;
    pool = new pg.Pool({ connectionString: url.href });
    await pool.query(DATA_KEY_SCHEMA);
    dataDir = mkdtempSync(join(tmpdir(), 'data-keys-'));
  });
  afterEach(async () => {
    for (const close of closes.splice(0).reverse()) await close();
  });
  afterAll(async () => {
    await pool.end();
    await onServer(`drop database ${prefix} with (force)`);
    rmSync(dataDir, { recursive: true });
  });

  /** One process of the service. Its clock stands still: nothing is forgotten by age. */
  async function startProcess(settings: Record<string, string> = {}) {
    const config: Config = loadConfig({ GANGLION_DATA_DIR: dataDir, ...settings });
    const bus = await Bus.connect({
      url: setting('GANGLION_TEST_NATS_URL'),
      prefix,
      name: uniqueName(),
      report: () => undefined,
    });
    closes.push(() => bus.close());
    const ids = makeIds(() => systemClock.nowMs());
    const { keys, stop } = await openSubjectKeys({ service: 'auth', config, pool, clock: new FixedClock(), ids, bus });
    closes.push(stop);
    await bus.flush();
    return keys;
  }

  it('are forgotten by every process when one destroys them', async () => {
    const [one, other] = [await startProcess(), await startProcess()];
    const { keyId, sealed } = await one.seal('@alice:localhost', 'ip', '192.0.2.7');
    expect(await other.open(keyId, 'ip', sealed)).toBe('192.0.2.7');
    await one.destroy('@alice:localhost');
    // Without the message it would be open for ever: no time passes.
    while ((await other.open(keyId, 'ip', sealed)) !== null) await new Promise(setImmediate);
  });

  it('are wrapped by a secret of the data folder, or a configured one, and say so when it is another', async () => {
    const before = await startProcess();
    const { keyId, sealed } = await before.seal('@bob:localhost', 'ip', 'x');
    const masterKey = readFileSync(join(dataDir, 'secrets/data_key_master'), 'utf8');
    const configured = await startProcess({ GANGLION_DATA_DIR: tmpdir(), GANGLION_SERVER__DATA_KEY_MASTER: masterKey });
    expect(await configured.open(keyId, 'ip', sealed)).toBe('x');
    await expect(startProcess({ GANGLION_SERVER__DATA_KEY_MASTER: 'A'.repeat(43) })).rejects.toThrow(WrongMasterKey);
  });
});
