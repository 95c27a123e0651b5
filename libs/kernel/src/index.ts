export * from './brand.js';
export * from './clock.js';
export * from './decider.js';
export * from './errors.js';
export * from './ids.js';
export * from './spec-for.js';
export * from './timers.js';
export * from './vshard.js';
