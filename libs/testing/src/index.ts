export * from './eventually.js';
export * from './events.js';
export * from './fake-log.js';
export * from './requests.js';
export * from './servers.js';
export * from './test-service.js';
