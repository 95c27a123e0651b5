export * from './environment.js';
export * from './load.js';
export * from './redact.js';
export * from './reference.js';
export * from './secrets.js';
export * from './section.js';
export { sections } from './sections/index.js';
