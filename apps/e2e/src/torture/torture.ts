import { chanceOf } from './chance.js';
import { History } from './history.js';
import { Bridge } from './load/bridge.js';
import { LoadClient } from './load/client.js';
import { SECRET } from './load/population.js';
import { describeFault } from './report.js';
import { Run, type TortureOptions, type TortureResult } from './run.js';

const SHOWN_FAULTS = 40;

/** A bridge retries soon; passwords are cheap, because they are not what is tortured. */
const SETTINGS = {
  GANGLION_PROFILE: 'test',
  GANGLION_REGISTRATION_SHARED_SECRET: SECRET,
  GANGLION_APPSERVICE__RETRY__FIRST_MS: '100',
  GANGLION_APPSERVICE__RETRY__MAX_MS: '2000',
  GANGLION_AUTH__PASSWORD_CONFIG__ARGON2__MEMORY_KIB: '1024',
  GANGLION_AUTH__PASSWORD_CONFIG__ARGON2__ITERATIONS: '1',
};

/**
 * Starts a system, uses it as many people do, hurts it again and again while they do, lets it heal, and checks that nothing was
 * lost, doubled or reordered and nobody was told what is not so. Also after a failure nothing goes on but the system itself, which
 * the caller stops.
 */
export async function torture(options: TortureOptions): Promise<TortureResult> {
  const { seed, say } = options;
  const history = new History();
  const chance = (name: string) => chanceOf(seed, name);
  const bridge = new Bridge(history, chance('bridge'));
  await bridge.start();
  try {
    const system = await options.start({ ...SETTINGS, GANGLION_APPSERVICE_CONFIG_FILES: bridge.registrationFile });
    const client = new LoadClient(system.url, history, chance('connections'));
    const run = new Run(options, system, { client, history, chance, serverName: 'localhost' }, bridge);
    try {
      return await run.go();
    } catch (error) {
      say(['What was done to it at last:', ...history.faults.slice(-SHOWN_FAULTS).map(describeFault)].join('\n  '));
      say(`Seed ${seed}. The data is kept in ${system.dataDir}`);
      await system.stop();
      throw error;
    } finally {
      run.abandon();
      await client.close();
    }
  } finally {
    bridge.stop();
  }
}
