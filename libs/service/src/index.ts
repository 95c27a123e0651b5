export * from './commands.js';
export * from './database.js';
export * from './definition.js';
export * from './fence-wiring.js';
export * from './followers.js';
export * from './health.js';
export { readerMetrics, serverMetrics } from './load-metrics.js';
export { exchangeCommits } from './ownership/commit-notices.js';
export { Leadership, type LeaderWork } from './ownership/leadership.js';
export { LEADER, type Sharding } from './ownership/share.js';
export { ShardKeeper } from './ownership/shard-keeper.js';
export * from './parse-input.js';
export * from './projection-admin/index.js';
export * from './replicas/accounts.replica.js';
export * from './replicas/appservices.replica.js';
export * from './replicas/restrictions.replica.js';
export * from './route-handler.js';
export * from './run-main.js';
export * from './schema-version/build.js';
export * from './schema-version/live-processes.js';
export * from './schema-version/migration.js';
export * from './schema-version/restore-mark.js';
export * from './schema-version/schema-plan.js';
export * from './schema-version/schema-version.errors.js';
export { readApplied } from './schema-version/schema-version.store.js';
export {
  bringUpToDate,
  confirmSchema,
  inspectSchema,
  MIGRATION_LOCK,
  type SchemaOptions,
} from './schema-version/schema.js';
export * from './start-service.js';
export * from './tokens.js';
