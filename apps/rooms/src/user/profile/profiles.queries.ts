import { POOL } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import { hasNul } from '../../core/read-model/has-nul.js';
import type { Profile } from '../../core/membership-content.js';

interface Row {
  user_id: string;
  displayname: string | null;
  avatar_url: string | null;
}

@Injectable()
export class Profiles {
  constructor(@Inject(POOL) private readonly pool: pg.Pool) {}

  /** Null: there is no such account. */
  async find(userId: string): Promise<Profile | null> {
    return (await this.of([userId])).get(userId) ?? null;
  }

  /** Profiles by user id; those who have no account here are left out. */
  async of(userIds: readonly string[]): Promise<Map<string, Profile>> {
    const asked = userIds.filter((userId) => !hasNul(userId));
    const { rows } = await this.pool.query<Row>({
      name: 'rooms_profiles',
      text: 'select user_id, displayname, avatar_url from profile where user_id = any($1::text[])',
      values: [asked],
    });
    return new Map(rows.map((row) => [row.user_id, profileOf(row)]));
  }
}

function profileOf({ displayname, avatar_url }: Row): Profile {
  return {
    ...(displayname === null ? {} : { displayname }),
    ...(avatar_url === null ? {} : { avatar_url }),
  };
}
