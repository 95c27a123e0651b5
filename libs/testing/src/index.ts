export * from './eventually.js';
export * from './events.js';
export * from './fake-log.js';
export * from './otlp-collector.js';
export * from './requests.js';
export * from './servers.js';
export * from './test-service.js';
