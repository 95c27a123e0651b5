#!/usr/bin/env node
// `npm run docs`: writes what is made from the code: docs/generated, docker/nats.conf. `--check` only says whether it is
// current.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { configJsonSchema, configReference } from '@ganglion/config';
import { routes } from '@ganglion/contracts';
import { natsConfig } from './up/nats.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));

function routesPage() {
  const rows = Object.values(routes).map(
    ({ method, paths, owner, auth, summary }) => `| ${method} | \`${paths[0]}\` | ${owner} | ${auth} | ${summary} |`,
  );
  return `# Routes

Made from the code by \`npm run docs\`; do not edit. The first path of each; most also answer under \`/_matrix/client/r0\`.

| Method | Path | Answered by | Authentication | What |
|---|---|---|---|---|
${rows.join('\n')}
`;
}

/** What the launcher gives its own nats-server, with the passwords left to the container's environment. */
function dockerNatsConfig() {
  const passwords = { ganglion: '<ganglion>', subscriber: '<subscriber>' };
  return natsConfig({ port: 4222, storeDir: '/data', passwords })
    .replace(/^# .*\n/, '# Made from the code by `npm run docs`; do not edit.\nhttp: "0.0.0.0:8222"\n')
    .replace('"127.0.0.1:4222"', '"0.0.0.0:4222"')
    .replace(/^server_name: .*\n/m, '')
    .replace('"<ganglion>"', '$GANGLION_NATS_PASSWORD')
    .replace('"<subscriber>"', '$GANGLION_NATS_SUBSCRIBER_PASSWORD');
}

const files = {
  'docker/nats.conf': dockerNatsConfig(),
  'docs/generated/config.md': configReference(),
  'docs/generated/ganglion.schema.json': `${JSON.stringify(configJsonSchema(), null, 2)}\n`,
  'docs/generated/routes.md': routesPage(),
};

const read = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

const stale = Object.entries(files).filter(([name, text]) => read(root + name) !== text);
if (process.argv.includes('--check')) {
  if (stale.length > 0) {
    console.error(`Not current: ${stale.map(([name]) => name).join(', ')}. Run \`npm run docs\`.`);
    process.exit(1);
  }
} else {
  mkdirSync(`${root}docs/generated`, { recursive: true });
  for (const [name, text] of stale) writeFileSync(root + name, text);
  console.log(stale.length > 0 ? `Wrote ${stale.map(([name]) => name).join(', ')}` : 'Nothing to change');
}
