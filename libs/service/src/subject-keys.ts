import { sharedSecret, type Config } from '@ganglion/config';
import { subjects, type ServiceName } from '@ganglion/contracts';
import { SubjectKeys, type Queryable } from '@ganglion/event-store';
import type { Clock, Ids } from '@ganglion/kernel';
import type { Bus } from '@ganglion/messaging';

export interface RunningKeys {
  keys: SubjectKeys;
  /** Listens no more; before the bus is closed. */
  stop: () => void;
}

interface Surroundings {
  service: ServiceName;
  config: Config;
  pool: Queryable;
  clock: Clock;
  ids: Ids;
  bus: Bus;
}

/**
 * The keys of a service's personal data; its processes tell each other which they destroyed.
 * @throws WrongMasterKey when the database was written with another master key
 */
export async function openSubjectKeys({ service, config, pool, clock, ids, bus }: Surroundings): Promise<RunningKeys> {
  const { data_key_master: configured, data_dir: dataDir } = config.server;
  const masterKey = Buffer.from(configured ?? sharedSecret(dataDir, 'data_key_master'), 'base64url');
  const subject = subjects.keysDestroyed(service);
  const announce = (keyIds: readonly string[]) => bus.publishJson(subject, { keyIds });
  const keys = new SubjectKeys({ pool, masterKey, clock, ids, announce });
  await keys.check();
  const stop = bus.listen(subject, (body) => keys.forget((body as { keyIds: string[] }).keyIds));
  return { keys, stop };
}
