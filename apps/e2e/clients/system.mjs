// A whole system started as `npm start` does, in a process of its own: Jest's module system cannot load the launcher's
// ES modules. Told over IPC what to do; everything ends with this process.
import { fileURLToPath } from 'node:url';
import { startSystem } from '../../../tools/up/system.mjs';

const checkout = fileURLToPath(new URL('../../..', import.meta.url));
let system;

const calls = {
  async start({ env, args, dataDir }) {
    system = await startSystem({ checkout, env, args, dataDir });
    return { url: system.url, dataDir: system.dataDir };
  },
  run: async () => system.runJson,
  output: async () => system.output,
  kill: async ({ name, signal }) => system.kill(name, signal),
  restart: ({ names, rolling }) => system.restart(names, { rolling }),
  untilReady: ({ name, otherThanPid }) => system.untilReady(name, otherThanPid),
  async stop() {
    const code = await system.stop();
    await system.remove();
    return code;
  },
};

process.on('message', async ({ id, method, args }) => {
  try {
    process.send({ id, result: (await calls[method](args ?? {})) ?? null });
  } catch (error) {
    process.send({ id, error: { message: error.message } });
  }
});
process.on('disconnect', () => process.exit());
