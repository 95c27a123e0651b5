// So that `npm test`, and with it CI, fails on what `npm run check` would have said.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { REPOSITORY_STEPS, run } from './steps.mjs';

describe('the repository', () => {
  for (const [name, command, args] of REPOSITORY_STEPS) {
    it(name, async () => {
      const { code, output } = await run(command, args);
      assert.equal(code, 0, output);
    });
  }
});
