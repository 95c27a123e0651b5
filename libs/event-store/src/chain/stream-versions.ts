import type pg from 'pg';
import type { Finding } from './chain-walk.js';

interface GapRow {
  pos: string;
  stream: string;
  ver: number;
  before: number;
  before_pos: string;
}

/*
 * Runs along the index on (log, stream, ver), so that neither side holds many rows. The chain proves that the rows are what was
 * appended; this proves that what was appended makes sense as streams.
 */
const GAPS = `
  select pos, stream, ver, before, before_pos
  from (
    select pos, stream, ver, lag(ver, 1, 0) over streams as before, lag(pos, 1, 0::bigint) over streams as before_pos
    from event where log = $1
    window streams as (partition by stream order by ver)
  ) as events
  where pos >= $2 and (ver <> before + 1 or pos <= before_pos)
  order by pos limit 1`;

/** First position, from `from`, of an event whose version does not follow its stream's; null: there is none. */
export async function findVersionGap(client: pg.ClientBase, log: string, from: number): Promise<Finding | null> {
  const { rows } = await client.query<GapRow>(GAPS, [log, from]);
  const row = rows[0];
  if (!row) return null;
  const detail = `version ${row.ver} of ${row.stream} stands at ${row.pos}, version ${row.before} at ${row.before_pos}`;
  return { pos: Number(row.pos), fault: 'version', detail };
}
