import { NEEDS_SERVERS, preset } from './jest.preset.js';

export default {
  projects: [
    {
      ...preset,
      displayName: 'pure',
      testRegex: '\\.spec\\.ts$',
      testPathIgnorePatterns: ['/node_modules/', '/dist/', NEEDS_SERVERS],
    },
    { ...preset, displayName: 'integration', testRegex: NEEDS_SERVERS, testTimeout: 60_000 },
    { ...preset, displayName: 'e2e', testRegex: '\\.e2e\\.ts$', testTimeout: 120_000 },
  ],
};
