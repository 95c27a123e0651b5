import { cpSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const APPS = ['auth', 'moderation', 'rooms', 'appservice', 'accounting', 'gateway'];

/**
 * For tests of the launcher: a checkout with the real launcher and packages, one library to compile, and small apps.
 * An app answers every request with its process id and the GANGLION_* it was given, logs a line at each level, and
 * notes in `<data>/order.txt` when it stops. The gateway fails to start while a file `<data>/broken` exists.
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
import { appendFileSync, existsSync } from 'node:fs';
import { createServer } from 'node:http';
const data = process.env.GANGLION_DATA_DIR;
if ('${app}' === 'gateway' && existsSync(data + '/broken')) {
  console.error('the gateway is broken');
  process.exit(1);
}
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('GANGLION_')));
const server = createServer((_, answer) => answer.end(JSON.stringify({ pid: process.pid, environment })));
const listen = '${app}' === 'gateway' ? (process.env.GANGLION_LISTEN ?? '127.0.0.1:8008') : '127.0.0.1:0';
server.listen({ host: '127.0.0.1', port: Number(listen.split(':').at(-1)) }, () => {
  const { port } = server.address();
  for (const level of [20, 30, 40]) console.log(JSON.stringify({ level, time: 0, msg: '${app} says ' + level }));
  process.send({ type: 'ready', healthPort: port, ...('${app}' === 'gateway' ? { url: 'http://127.0.0.1:' + port } : {}) });
});
process.on('SIGTERM', () => {
  appendFileSync(data + '/order.txt', '${app}\\n');
  setTimeout(() => process.exit(0), ${DRAIN_MS});
});
process.on('disconnect', () => process.exit(0));
`;
