import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GANGLION_VERSION } from './build.js';

it('the version that is recorded is that of the package', () => {
  const root = JSON.parse(readFileSync(join(__dirname, '../../../../package.json'), 'utf8')) as { version: string };
  expect(GANGLION_VERSION).toBe(root.version);
});
