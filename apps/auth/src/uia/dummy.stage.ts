import type { UiaStage } from './uia.js';

/** Shows nothing: open registration (auth.md §7.2). */
export const dummyStage: UiaStage = {
  type: 'm.login.dummy',
  check: async () => true,
};
