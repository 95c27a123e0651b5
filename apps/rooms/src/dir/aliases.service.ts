import { tok, type AliasChanged, type Requester } from '@ganglion/contracts';
import { EventLog, type NewEvent } from '@ganglion/event-store';
import { Commands, POOL } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import { refuse } from '../core/refusals.js';

const aliasStream = (alias: string): string => `alias-${tok(alias)}`;

/** Room aliases: one stream each, so that two rooms cannot take the same one. */
@Injectable()
export class Aliases {
  constructor(
    private readonly log: EventLog,
    private readonly commands: Commands,
    @Inject(POOL) private readonly pool: pg.Pool,
  ) {}

  /**
   * The event that gives `alias` to a room, to be committed with the room's own events. Whoever commits first has it; the other's
   * append conflicts.
   * @param vshard  of the room: one commit has one owner
   * @throws ALIAS_TAKEN (400 M_ROOM_IN_USE)
   */
  async reservation(alias: string, roomId: string, vshard: number, requester: Requester): Promise<NewEvent> {
    const stream = aliasStream(alias);
    const last = (await this.log.readStream(stream)).at(-1);
    if (last && (last.data as AliasChanged['data']).roomId !== null) throw refuse('ALIAS_TAKEN');
    const data: AliasChanged['data'] = { alias, roomId, creator: requester.userId };
    const ver = (last?.ver ?? 0) + 1;
    return { stream, ver, vshard, type: 'alias.changed', data, meta: this.commands.meta(requester) };
  }

  /** Rooms by alias, as far as the read model has come; aliases that point nowhere are left out. */
  async find(aliases: readonly string[]): Promise<Map<string, string>> {
    const { rows } = await this.pool.query<{ alias: string; room_id: string }>({
      name: 'rooms_find_aliases',
      text: 'select alias, room_id from alias where alias = any($1::text[])',
      values: [aliases],
    });
    return new Map(rows.map(({ alias, room_id }) => [alias, room_id]));
  }

  /** @throws ALIAS_UNKNOWN (404) */
  async resolve(alias: string): Promise<string> {
    const roomId = (await this.find([alias])).get(alias);
    if (roomId === undefined) throw refuse('ALIAS_UNKNOWN');
    return roomId;
  }
}
