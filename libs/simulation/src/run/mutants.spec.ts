import { hunt, MUTANTS } from './mutants.fixture.js';

/** More than any of them takes. */
const SEEDS = 60;

/** A simulation that notices nothing proves nothing. */
describe('a world notices when it does not hold that', () => {
  it.each(MUTANTS.map((mutant) => [mutant.rule, mutant] as const))('%s', async (_rule, mutant) => {
    expect(await hunt(mutant, mutant.from ?? 1, SEEDS)).not.toBeNull();
  });
});
