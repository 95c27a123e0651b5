import { ALPHANUMERIC, type Ids } from '@ganglion/kernel';

/**
 * Ids of requests: chance once per process, then a number. Never taken from a client: commands are idempotent by them.
 */
export function requestIds(ids: Ids): () => string {
  const process = ids.random(12, ALPHANUMERIC);
  let count = 0;
  return () => `${process}-${(++count).toString(36)}`;
}
