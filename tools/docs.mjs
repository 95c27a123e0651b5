#!/usr/bin/env node
// `npm run docs`: writes what is made from the code into docs/generated. `--check` only says whether it is current.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { configJsonSchema, configReference } from '@ganglion/config';
import { routes } from '@ganglion/contracts';

const folder = fileURLToPath(new URL('../docs/generated/', import.meta.url));

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

const files = {
  'config.md': configReference(),
  'ganglion.schema.json': `${JSON.stringify(configJsonSchema(), null, 2)}\n`,
  'routes.md': routesPage(),
};

const read = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

const stale = Object.entries(files).filter(([name, text]) => read(folder + name) !== text);
if (process.argv.includes('--check')) {
  if (stale.length > 0) {
    console.error(`Not current: ${stale.map(([name]) => `docs/generated/${name}`).join(', ')}. Run \`npm run docs\`.`);
    process.exit(1);
  }
} else {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of stale) writeFileSync(folder + name, text);
  console.log(stale.length > 0 ? `Wrote ${stale.map(([name]) => name).join(', ')}` : 'Nothing to change');
}
