import { LOG_SERVICES, type LogService } from '@ganglion/contracts';
import { migrationsOf, type SchemaMigrations } from '@ganglion/service';
import { logServices } from '../services.js';

/** All migrations that this build knows, by service. */
export function migrationsByService(): Record<LogService, SchemaMigrations> {
  return Object.fromEntries(
    LOG_SERVICES.map((service) => [service, migrationsOf(logServices[service].log!)]),
  ) as Record<LogService, SchemaMigrations>;
}
