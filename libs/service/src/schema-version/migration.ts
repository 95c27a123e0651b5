import type { MigrationInterface } from 'typeorm';

/** A step of a service's schema. Never changed once it was released, never removed. */
export interface SchemaMigration extends MigrationInterface {
  name: string;
  /**
   * Processes of the version before may serve while it runs and afterwards: it only adds what they need not know (a table, a
   * nullable column, an index). Absent: they have to be stopped first. A release that raises the payload version of an event
   * of its own log brings a migration without it, because an older process could not read what a newer one writes.
   */
  readonly oldProcessesMayServe?: boolean;
}

/** In the order in which they were released. */
export type SchemaMigrations = readonly (new () => SchemaMigration)[];

export interface KnownMigration {
  name: string;
  oldProcessesMayServe: boolean;
}

export function describeMigrations(migrations: SchemaMigrations): KnownMigration[] {
  return migrations.map((Migration) => {
    const { name, oldProcessesMayServe = false } = new Migration();
    return { name, oldProcessesMayServe };
  });
}
