export { simulate, type CommandLine } from './run/command-line.js';
export { report, runSeed, shrink, type Outcome, type SeedOptions, type WorldName } from './run/run-seed.js';
