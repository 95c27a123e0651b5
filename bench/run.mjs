// `npm run bench [-- name…]`: every figure beside the bare stack's in the same run. Prints tables, asserts nothing.
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { startSystem } from '../tools/up/system.mjs';
import { benchAppend } from './append.mjs';
import { benchFootprint } from './footprint.mjs';
import { benchRebuild } from './rebuild.mjs';
import { benchRpc } from './rpc.mjs';
import { benchSend } from './send.mjs';
import { benchWhoami } from './whoami.mjs';

const checkout = fileURLToPath(new URL('..', import.meta.url));
const env = { GANGLION_PROFILE: 'test', GANGLION_LISTEN: '127.0.0.1:0' };
const start = (options = {}) => startSystem({ checkout, env, ...options });
const servers = { postgresUrl: process.env.GANGLION_TEST_POSTGRES_URL, natsUrl: process.env.GANGLION_TEST_NATS_URL };

const onSystem = (bench) => async () => {
  const system = await start();
  try {
    await bench({ system });
  } finally {
    await system.stop();
    await system.remove();
  }
};

const BENCHES = {
  append: () => benchAppend(servers),
  rebuild: () => benchRebuild(servers),
  rpc: () => benchRpc(servers),
  whoami: onSystem(benchWhoami),
  send: onSystem(benchSend),
  footprint: () => benchFootprint({ start }),
};

const names = process.argv.slice(2);
const unknown = names.filter((name) => !(name in BENCHES));
if (unknown.length > 0) {
  console.error(`No such benchmark: ${unknown.join(', ')}. There are ${Object.keys(BENCHES).join(', ')}.`);
  process.exit(1);
}
console.log(
  `${cpus().length} × ${cpus()[0].model}, ${Math.round(totalmem() / 1024 ** 3)} GiB, Node ${process.versions.node}`,
);
for (const [name, bench] of Object.entries(BENCHES)) if (names.length === 0 || names.includes(name)) await bench();
