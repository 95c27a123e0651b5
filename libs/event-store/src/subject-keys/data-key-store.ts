import { isConnectionLoss, LogUnavailable } from '../log/event-log.errors.js';
import type { Queryable } from '../log/schema.js';

export interface DataKeyRow {
  key_id: string;
  subject: string;
  wrapped: Buffer;
}

/** The table of data keys. One per subject at any time. @throws LogUnavailable from every call */
export class DataKeyStore {
  constructor(private readonly db: Queryable) {}

  async ofSubject(subject: string): Promise<DataKeyRow | null> {
    const rows = await this.rows('of_subject', 'select key_id, subject, wrapped from data_key where subject = $1', [
      subject,
    ]);
    return rows[0] ?? null;
  }

  /** In no order; those that are destroyed are left out. */
  ofIds(keyIds: readonly string[]): Promise<DataKeyRow[]> {
    return this.rows('of_ids', 'select key_id, subject, wrapped from data_key where key_id = any($1)', [keyIds]);
  }

  async any(): Promise<DataKeyRow | null> {
    return (await this.rows('any', 'select key_id, subject, wrapped from data_key limit 1', []))[0] ?? null;
  }

  /** @returns whether it is the subject's key now; false: there is another one, or was a moment ago */
  async add({ key_id: keyId, subject, wrapped }: DataKeyRow, atMs: number): Promise<boolean> {
    const rows = await this.rows(
      'add',
      `insert into data_key (key_id, subject, wrapped, created_at) values ($1, $2, $3, $4)
        on conflict (subject) do nothing returning key_id, subject, wrapped`,
      [keyId, subject, wrapped, atMs],
    );
    return rows.length > 0;
  }

  /** @returns the ids of what was deleted */
  async remove(subject: string): Promise<string[]> {
    const text = 'delete from data_key where subject = $1 returning key_id, subject, wrapped';
    return (await this.rows('remove', text, [subject])).map((row) => row.key_id);
  }

  private async rows(name: string, text: string, values: unknown[]): Promise<DataKeyRow[]> {
    try {
      return (await this.db.query<DataKeyRow>({ name: `data_key_${name}`, text, values })).rows;
    } catch (error) {
      throw isConnectionLoss(error) ? new LogUnavailable('not-written', error) : error;
    }
  }
}
