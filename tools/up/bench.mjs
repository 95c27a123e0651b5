import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runUntilStopped } from './lifecycle.mjs';
import { prepare } from './prepare.mjs';
import { runToEnd } from './processes.mjs';
import { cleanEnvironment, makeWorkFolder, startTestServers } from './temporary.mjs';
import { createTerminal } from './terminal.mjs';

const checkout = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const terminal = createTerminal(process.stdout);

await runUntilStopped(async ({ signal, onStop }) => {
  const env = cleanEnvironment(process.env);
  await prepare({ checkout, env, terminal, signal });
  const work = makeWorkFolder('bench');
  onStop(work.remove);
  Object.assign(env, { TMPDIR: work.tmp });
  // With fsync, unlike the tests: the figures are about acknowledged writes.
  const servers = await startTestServers({ checkout, work, env, durable: true, terminal, signal });
  onStop(servers.stop);
  const { code } = await runToEnd(process.execPath, [join(checkout, 'bench', 'run.mjs'), ...process.argv.slice(2)], {
    cwd: checkout,
    env: { ...env, ...servers.environment },
    stdio: 'inherit',
    signal,
  });
  return code ?? 1;
}, terminal);
