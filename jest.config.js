import { NEEDS_SERVERS, preset } from './jest.preset.js';

export default {
  // Jest takes no limit per project. Long enough for a busy machine: a test that waits for what never comes must end.
  testTimeout: 60_000,
  projects: [
    {
      ...preset,
      displayName: 'pure',
      testRegex: '\\.spec\\.ts$',
      testPathIgnorePatterns: ['/node_modules/', '/dist/', NEEDS_SERVERS],
    },
    { ...preset, displayName: 'integration', testRegex: NEEDS_SERVERS },
    { ...preset, displayName: 'e2e', testRegex: '\\.e2e\\.ts$' },
  ],
};
