export { parkedProblems } from './parked.metrics.js';
export * from './projection-reports.js';
