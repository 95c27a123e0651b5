import { fork } from 'node:child_process';
import { join } from 'node:path';

/** A few dozen faults; `npm run torture` injects hundreds. */
const FAULTS = process.env['GANGLION_TEST_TORTURE_FAULTS'] ?? '20';
const SEED = process.env['GANGLION_TEST_SEED'] ?? '3';
const COMMAND = join(__dirname, '../../../tools/torture/torture.mjs');

jest.setTimeout(600_000);

it(`loses, doubles and reorders nothing, whatever happens to it: ${FAULTS} faults of seed ${SEED}`, async () => {
  const { code, output } = await run(['--faults', FAULTS, '--seed', SEED]);
  // The output says what is wrong, where the data is, and what had been done.
  expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining(`Seed ${SEED}, 2 of each app`) });
});

/** It ends with us, as the system that it tortures ends with it. */
function run(args: string[]): Promise<{ code: number | null; output: string }> {
  const child = fork(COMMAND, args, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  let output = '';
  for (const stream of [child.stdout!, child.stderr!])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}
