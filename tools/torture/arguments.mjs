import { parseArgs } from 'node:util';
import { Problem } from '../up/problem.mjs';

export const TORTURE_HELP = `Usage: npm run torture [-- options]

Starts a system, uses it as many people do, hurts it again and again, lets it heal, and checks that nothing was lost,
doubled or reordered. Prints what was done and found.

  --faults <n>     how many, 500 unless told
  --seed <n>       chooses them; another one at each run unless told
  --replicas <n>   processes of every app, 2 unless told
  --only <kind>    this kind of fault only; may be given several times
  --report <file>  writes the tables there, too
  --keep           keeps the data, as a run that finds something always does
  --help           shows this and the kinds`;

/**
 * @param {string[]} argv  without node and script
 * @param {number} newSeed  when none is given
 * @returns {{ faults: number, seed: number, replicas: number, only?: string[], report?: string, keep: boolean, help: boolean }}
 */
export function parseTorture(argv, newSeed) {
  const text = { type: 'string' };
  const flag = { type: 'boolean', default: false };
  const options = { faults: text, seed: text, replicas: text, only: { ...text, multiple: true }, report: text };
  try {
    const { values } = parseArgs({ args: argv, options: { ...options, keep: flag, help: flag } });
    return {
      ...values,
      faults: wholeNumber('--faults', values.faults ?? '500', 1),
      seed: wholeNumber('--seed', values.seed ?? String(newSeed), 0),
      replicas: wholeNumber('--replicas', values.replicas ?? '2', 1),
    };
  } catch (error) {
    throw error instanceof Problem ? error : new Problem(`${error.message}\n\n${TORTURE_HELP}`);
  }
}

function wholeNumber(name, text, least) {
  const value = Number(text);
  if (/^\d{1,9}$/.test(text) && value >= least) return value;
  throw new Problem(`${name} takes a whole number from ${least} on, not "${text}".`);
}
