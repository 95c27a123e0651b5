import type { EventLog } from '@ganglion/event-store';
import type { MemberStore } from '@ganglion/fence';
import { LEADER } from '@ganglion/service';
import type { SimPool } from '../database/connections.js';

/** As `PgMemberStore`. */
export class DatabaseMembers implements MemberStore {
  constructor(
    private readonly pool: SimPool,
    private readonly log: EventLog,
  ) {}

  async load(): Promise<string[]> {
    const { rows } = await this.pool.query({ name: 'member_load', text: 'select from fence_member' });
    return (rows as { member_id: string }[]).map(({ member_id }) => member_id);
  }

  async add(memberId: string): Promise<void> {
    await this.pool.query({ name: 'member_add', text: 'insert into fence_member', values: [memberId] });
  }

  async remove(memberIds: string[]): Promise<void> {
    const values = [memberIds, LEADER, this.log.holder];
    await this.pool.query({ name: 'member_remove', text: 'delete from fence_member', values });
  }
}
