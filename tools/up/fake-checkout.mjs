import { cpSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const APPS = ['auth', 'moderation', 'rooms', 'appservice', 'accounting', 'gateway'];

/**
 * For tests of the launcher: a checkout with the real launcher and packages, one library to compile, and small apps.
 * An app answers every request with its process id and the GANGLION_* it was given, logs a line at each level, and
 * notes in `<data>/order.txt` when it stops; a gateway then accepts nothing more. The gateway fails to start while a file
 * `<data>/broken` exists, and says that it cannot serve while there is a file `<data>/unready`.
 */
export function makeFakeCheckout() {
  const checkout = mkdtempSync(join(tmpdir(), 'ganglion-checkout-'));
  const real = join(here, '..', '..');
  const write = (path, text) => {
    mkdirSync(dirname(join(checkout, path)), { recursive: true });
    writeFileSync(join(checkout, path), text);
  };
  cpSync(here, join(checkout, 'tools', 'up'), { recursive: true, filter: (path) => !path.endsWith('.test.mjs') });
  for (const name of ['package.json', 'package-lock.json']) cpSync(join(real, name), join(checkout, name));
  mkdirSync(join(checkout, 'node_modules'));
  for (const name of readdirSync(join(real, 'node_modules'))) {
    if (!name.startsWith('.ganglion'))
      symlinkSync(join(real, 'node_modules', name), join(checkout, 'node_modules', name));
  }
  write('tsconfig.json', JSON.stringify({ files: [], references: [{ path: 'libs/one' }] }));
  write('tsconfig.base.json', '{}');
  write(
    'libs/one/tsconfig.json',
    JSON.stringify({ compilerOptions: { composite: true, rootDir: 'src', outDir: 'dist' } }),
  );
  write('libs/one/src/index.ts', 'export const one = 1;\n');
  for (const app of APPS) write(`apps/${app}/dist/main.js`, appSource(app));
  write('apps/cli/dist/single.js', appSource('gateway'));
  return { checkout, write };
}

/** Longer than the launcher takes two signals for one key press. */
const DRAIN_MS = 600;

const appSource = (app) => `
import { once } from 'node:events';
import { appendFileSync, existsSync } from 'node:fs';
import { createServer } from 'node:http';
const data = process.env.GANGLION_DATA_DIR;
if ('${app}' === 'gateway' && existsSync(data + '/broken')) {
  console.error('the gateway is broken');
  process.exit(1);
}
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('GANGLION_')));
const serve = (_, answer) => answer.end(JSON.stringify({ pid: process.pid, environment }));
const health = createServer((request, answer) => {
  if (existsSync(data + '/unready')) answer.writeHead(503).end('{"problems":["not yet"]}');
  else serve(request, answer);
}).listen(0, '127.0.0.1');
await once(health, 'listening');
const ready = { type: 'ready', healthPort: health.address().port };
if (process.argv.includes('--listener=parent')) {
  const server = createServer(serve);
  const handle = await new Promise((resolve) => process.once('message', (_, handle) => resolve(handle)));
  await new Promise((resolve) => server.listen(handle, resolve));
  process.once('SIGTERM', () => server.close());
  ready.url = 'http://127.0.0.1:' + server.address().port;
}
for (const level of [20, 30, 40]) console.log(JSON.stringify({ level, time: 0, msg: '${app} says ' + level }));
process.send(ready);
process.on('SIGTERM', () => {
  appendFileSync(data + '/order.txt', '${app}\\n');
  setTimeout(() => process.exit(0), ${DRAIN_MS});
});
process.on('disconnect', () => process.exit(0));
`;
