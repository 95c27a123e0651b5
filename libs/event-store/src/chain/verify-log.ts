import pg from 'pg';
import { type Anchor, ChainWalk, type Finding } from './chain-walk.js';
import { CHAINED_COLUMNS, type ChainedRow, genesisOf } from './links.js';
import { findVersionGap } from './stream-versions.js';

export interface VerifyOptions {
  /** Told after every page. @param checked  events so far, of `total` */
  onProgress?: (checked: number, total: number) => void;
  /** First position to look at; 1. What is before is taken for true. */
  from?: number;
  /** What earlier runs gave. None may lie before `from - 1`. */
  expect?: readonly Anchor[];
  /** Events held in memory at once; 500. */
  pageSize?: number;
}

export interface Verified {
  /** Events looked at. */
  events: number;
  /** Last position found good, and its link in lower-case hex: the anchor for the next time, if nothing was found. */
  head: number;
  link: string;
  /** The first thing that is wrong. */
  finding: Finding | null;
}

/**
 * Recomputes every link of a log and compares it with what is stored, and with what the caller kept of it. Sees one moment of
 * the database, so that appends may go on; takes one connection, and the memory of one page. What it cannot see: a log cut off
 * or written anew by somebody who also recomputed the links and the head, unless `expect` holds an anchor behind that place.
 * @param db  a pool, or a connection without a transaction that nobody else uses meanwhile
 * @throws Error when there is no such log, or its tables have no chain
 */
export async function verifyLog(
  db: pg.Pool | pg.ClientBase,
  log: string,
  options: VerifyOptions = {},
): Promise<Verified> {
  if (!(db instanceof pg.Pool)) return inSnapshot(db, () => verify(db, log, options));
  const client = await db.connect();
  let broken: Error | undefined;
  const onError = (error: Error) => (broken = error);
  client.on('error', onError);
  try {
    return await inSnapshot(client, () => verify(client, log, options));
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

async function inSnapshot<T>(client: pg.ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query('begin isolation level repeatable read, read only');
  try {
    // A table that was never analysed may be sorted as a whole, instead of read along its key.
    await client.query('set local enable_sort = off; set local statement_timeout = 0');
    return await work();
  } finally {
    await client.query('rollback');
  }
}

async function verify(client: pg.ClientBase, log: string, options: VerifyOptions): Promise<Verified> {
  const { from = 1, expect = [], pageSize = 500, onProgress = () => undefined } = options;
  const early = expect.find(({ pos }) => pos < from - 1);
  if (early) throw new Error(`the anchor at ${early.pos} lies before ${from}, where verifying begins`);
  const { head, link: headLink } = await headOf(client, log);
  const walk = new ChainWalk(head, from - 1, await linkBefore(client, log, from, expect), expect);
  const pages = new Pages(client, pageSize);
  await pages.open(log, from);

  const checked = () => walk.passed.pos - from + 1;
  const progress = () => onProgress(checked(), Math.max(0, head - from + 1));
  const broken = (await walkAll(walk, pages, progress)) ?? walk.end(headLink);
  // Where rows were changed their versions say nothing that the chain has not said better.
  const finding = broken ?? (await findVersionGap(client, log, from));
  const { pos, link } = walk.passed;
  return { events: checked(), head: pos, link: link.toString('hex'), finding };
}

async function walkAll(walk: ChainWalk, pages: Pages, afterPage: () => void): Promise<Finding | null> {
  const atStart = walk.start();
  if (atStart) return atStart;
  for (let page = await pages.next(); page.length > 0; page = await pages.next()) {
    for (const [i, row] of page.entries()) {
      const broken = walk.take(row);
      if (broken) return findMoved(walk, broken, row, page.slice(i), pages);
    }
    afterPage();
  }
  return null;
}

async function headOf(client: pg.ClientBase, log: string): Promise<{ head: number; link: Buffer | null }> {
  const { rows } = await client.query<{ head: string; link: Buffer | null }>(
    'select head, link from log where log = $1',
    [log],
  );
  if (!rows[0]) throw new Error(`there is no log ${log} in this database`);
  return { head: Number(rows[0].head), link: rows[0].link };
}

/** Where `from` is not the beginning: what an anchor says, else what is stored there. */
async function linkBefore(
  client: pg.ClientBase,
  log: string,
  from: number,
  expect: readonly Anchor[],
): Promise<Buffer> {
  if (from === 1) return genesisOf(log);
  const anchor = expect.find(({ pos }) => pos === from - 1);
  if (anchor) return Buffer.from(anchor.link, 'hex');
  const { rows } = await client.query<{ link: Buffer }>('select link from event where log = $1 and pos = $2', [
    log,
    from - 1,
  ]);
  if (!rows[0])
    throw new Error(`no event at ${from - 1} to begin after: verify from the beginning, or with an anchor there`);
  return rows[0].link;
}

/** A log's rows in the order of positions, also where the key that orders them was removed. */
class Pages {
  constructor(
    private readonly client: pg.ClientBase,
    private readonly size: number,
  ) {}

  async open(log: string, from: number): Promise<void> {
    // Rows before the first position are none that a log can have; a walk from the beginning must meet them.
    const lowest = from === 1 ? '' : 'and e.pos >= $2';
    await this.client.query(
      `declare verified no scroll cursor for select ${CHAINED_COLUMNS} from event e where e.log = $1 ${lowest} order by e.pos`,
      from === 1 ? [log] : [log, from],
    );
  }

  async next(): Promise<ChainedRow[]> {
    return (await this.client.query<ChainedRow>(`fetch ${this.size} from verified`)).rows;
  }
}

/** What belongs where the chain breaks may still be there, further on: then rows were exchanged, or one was put in between. */
async function findMoved(
  walk: ChainWalk,
  broken: Finding,
  there: ChainedRow,
  rest: ChainedRow[],
  pages: Pages,
): Promise<Finding> {
  if (broken.fault !== 'changed' && broken.fault !== 'missing') return broken;
  const stored = broken.fault === 'changed' ? there.link : null;
  for (let page = rest; page.length > 0; page = await pages.next()) {
    const moved = page.find((row) => row.pos !== String(broken.pos) && walk.belongsNext(row, stored));
    if (!moved) continue;
    const detail = `the event that belongs at ${broken.pos} stands at ${moved.pos}: rows were exchanged, moved, or one was put in between`;
    return { pos: broken.pos, fault: 'out-of-order', detail };
  }
  return broken;
}
