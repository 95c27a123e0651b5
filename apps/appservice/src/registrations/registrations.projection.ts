import type { AppserviceEvent, AppserviceSnapshot, RegistrationPublic, StoredEvent } from '@ganglion/contracts';
import { PgProjection, type EventLog, type Queryable } from '@ganglion/event-store';
import { POOL } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';

/** Every registration as the log knows it: what replicas start from, and what files are compared with. */
@Injectable()
export class RegistrationsProjection extends PgProjection {
  readonly name = 'appservice.registrations';
  readonly tables = ['registration'];
  readonly rebuilding = { on: (pool: pg.Pool) => new RegistrationsProjection(pool) };

  constructor(@Inject(POOL) pool: pg.Pool) {
    super(pool);
  }

  protected async project(tx: pg.PoolClient, batch: readonly StoredEvent[]): Promise<void> {
    for (const event of batch as readonly StoredEvent<AppserviceEvent>[]) await projectOne(tx, event);
  }

  protected async clear(tx: pg.PoolClient): Promise<void> {
    await tx.query('delete from registration');
  }

  /** Applies what the log holds already, without waiting for a follower. */
  async catchUp(log: EventLog): Promise<void> {
    const head = await log.refreshHead();
    const at = await this.position();
    let pos = at?.logId === log.logId && at.pos <= head ? at.pos : await this.reset(log.logId);
    while (pos < head) {
      const batch = await log.readAfter(pos, 500);
      await this.apply(batch);
      pos = batch.at(-1)!.pos;
    }
  }

  /** In load order: as in the configuration, then as they were added. */
  async snapshot(): Promise<AppserviceSnapshot> {
    const { rows } = await this.pool.query<{ log_id: string; pos: string; registrations: string[] }>({
      name: 'registrations_snapshot',
      text: `select log_id, pos, array(
          select public from registration left join registration_secret using (as_id) order by load_order, added_pos
        ) as registrations from cursor where name = $1`,
      values: [this.name],
    });
    const row = rows[0];
    if (!row) throw new Error('the registrations have not been read from the log yet');
    const registrations = row.registrations.map((text) => JSON.parse(text) as RegistrationPublic);
    return { logId: row.log_id, pos: Number(row.pos), registrations };
  }
}

async function projectOne(tx: Queryable, event: StoredEvent<AppserviceEvent>): Promise<void> {
  switch (event.type) {
    case 'registration.added':
      return put(tx, event.pos, event.data);
    case 'registration.changed': {
      const { changed: _, ...known } = event.data;
      return put(tx, event.pos, known);
    }
    case 'registration.removed':
      return void (await tx.query({ text: 'delete from registration where as_id = $1', values: [event.data.asId] }));
  }
}

async function put(tx: Queryable, pos: number, registration: RegistrationPublic): Promise<void> {
  await tx.query({
    text: `insert into registration (as_id, added_pos, public) values ($1, $2, $3)
      on conflict (as_id) do update set public = excluded.public`,
    values: [registration.asId, pos, JSON.stringify(registration)],
  });
}
