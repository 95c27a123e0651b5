import { FixedClock } from '@ganglion/kernel';
import { createLogger, startTracing, tracing } from '../index.js';

let loaded = false;
jest.mock('@opentelemetry/sdk-trace-node', () => {
  loaded = true;
  throw new Error('the SDK was loaded');
});

describe('startTracing', () => {
  const options = {
    service: 'test',
    instance: 'test-1',
    version: '1',
    sampleRatio: 1,
    logger: createLogger('test', 'silent'),
    clock: new FixedClock(),
  };

  it('loads nothing of the SDK without an endpoint', async () => {
    expect(await startTracing({ ...options, endpoint: null })).toBeNull();
    expect(tracing()).toBeNull();
    expect(loaded).toBe(false);
  });

  it('loads it with one', async () => {
    await expect(startTracing({ ...options, endpoint: 'http://127.0.0.1:1' })).rejects.toThrow('was loaded');
  });
});
