export { FAULTS } from './faults/kinds.js';
export { describe, describeFault, report } from './report.js';
export type { TortureOptions, TortureResult } from './run.js';
export { torture } from './torture.js';
