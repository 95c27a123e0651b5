import type { EventPersisted, RoomsEvent, StoredEvent } from '@ganglion/contracts';
import { inTransaction, PgProjection, writeCursor, type Queryable } from '@ganglion/event-store';
import type pg from 'pg';
import { activateRules } from '../interest/activate-rules.store.js';
import { InterestMatcher } from '../interest/interest-matcher.js';
import { interestedIn, isUnwantedEcho } from '../interest/interest.js';
import { RoomIndex } from '../interest/room-index.store.js';
import { holdFor, readRules, type StoredRules } from '../interest/interest-rules.store.js';
import { renderForAppservice } from './render-event.js';
import { insertRoutes, type Route } from './routes.store.js';

export interface FanOutOptions {
  serverName: string;
  /** Events have been put in these lanes; null: another instance did it, look for yourself. */
  onRouted: (asIds: ReadonlySet<string> | null) => void;
  /** What was examined, in order, after it is committed. */
  onExamined: (batch: readonly StoredEvent[]) => void;
}

/** What is in memory of the database, and as of when. */
interface View {
  version: number;
  logId: string;
  pos: number;
  matcher: InterestMatcher;
  pending: StoredRules[];
}

/**
 * Reads the rooms log and decides for each event which appservices get it, by the rules, members and aliases of that very
 * position. Writes the routes, the interest index and its cursor in one transaction, so a crash neither loses nor doubles
 * an event. Calls nobody: a lane that is down or slow costs it nothing.
 */
export class FanOut extends PgProjection {
  readonly name = 'appservice.fan-out';
  readonly tables = ['local_member', 'room_alias', 'room_interest'];
  /** Its index goes with rules that change by themselves, and with routes that have been sent. */
  readonly rebuilding = {
    never: 'it decides what appservices are sent, and what was sent cannot be decided again',
  };
  private readonly index = new RoomIndex();
  private view: View | null = null;
  private routed: Set<string> | null = null;

  constructor(
    pool: pg.Pool,
    private readonly options: FanOutOptions,
  ) {
    super(pool);
  }

  override async apply(batch: StoredEvent[]): Promise<void> {
    this.routed = null;
    try {
      await super.apply(batch);
    } catch (error) {
      this.view = null;
      throw error;
    }
    this.options.onRouted(this.routed);
    this.options.onExamined(batch);
  }

  /**
   * Another log than before: the index is made anew from it. Nothing of its past is routed, because rules hold from the last
   * event that was examined of the old one, by time; those that are waiting for a position of this very log keep it.
   */
  override reset(logId: string): Promise<number> {
    this.view = null;
    return inTransaction(this.pool, async (tx) => {
      await this.clear(tx);
      await tx.query('update fan_out set version = version + 1');
      await tx.query(
        `update interest_rules set active = false, from_log_id = null, from_pos = null,
           from_ms = greatest(from_ms, (select last_at_ms + 1 from fan_out))
         where active or from_log_id is distinct from $1`,
        [logId],
      );
      await writeCursor(tx, this.name, { logId, pos: 0 });
      return 0;
    });
  }

  protected async clear(tx: pg.PoolClient): Promise<void> {
    await tx.query('truncate local_member, room_alias, room_interest');
  }

  protected async project(tx: pg.PoolClient, batch: readonly StoredEvent[]): Promise<void> {
    const [first, last] = [batch[0]!, batch.at(-1)!];
    let view = await this.current(tx, first, last);
    const routed = new Set<string>();
    let from = 0;
    for (const [index, event] of batch.entries()) {
      const due = view.pending.filter((rules) => holdFor(rules, event));
      if (due.length === 0) continue;
      await this.take(tx, batch.slice(from, index), view.matcher, routed);
      await activateRules(tx, due, this.options.serverName);
      view = await this.read(tx);
      from = index;
    }
    await this.take(tx, batch.slice(from), view.matcher, routed);
    this.view = { ...view, logId: last.logId, pos: last.pos };
    this.routed = routed;
  }

  /** Takes the lock that changes of rules wait for, and makes sure that what is in memory is what the database holds. */
  private async current(tx: Queryable, first: StoredEvent, last: StoredEvent): Promise<View> {
    const { rows } = await tx.query<{ version: string }>({
      name: 'fan_out_begin',
      text: 'update fan_out set last_at_ms = greatest(last_at_ms, $1) returning version',
      values: [last.atMs],
    });
    const { view } = this;
    const isCurrent =
      view?.version === Number(rows[0]!.version) && view.logId === first.logId && view.pos === first.pos - 1;
    return isCurrent ? view : this.read(tx);
  }

  private async read(tx: Queryable): Promise<View> {
    this.index.clear();
    const all = await readRules(tx);
    const { rows } = await tx.query<{ version: string }>({ text: 'select version from fan_out' });
    const active = all.filter((rules) => rules.active).map(({ rules }) => rules);
    return {
      version: Number(rows[0]!.version),
      logId: '',
      pos: 0,
      matcher: new InterestMatcher(active, this.options.serverName),
      pending: all.filter((rules) => !rules.active),
    };
  }

  private async take(
    tx: Queryable,
    batch: readonly StoredEvent[],
    matcher: InterestMatcher,
    routed: Set<string>,
  ): Promise<void> {
    const events = (batch as StoredEvent<RoomsEvent>[]).filter(
      (event) =>
        event.type === 'alias.changed' || (event.type === 'event.persisted' && isRelevant(event.data, matcher)),
    );
    if (events.length === 0) return;
    await this.index.load(tx, ...touched(events));
    const routes: Route[] = [];
    for (const event of events) {
      if (event.type === 'alias.changed') this.index.aliasChanged(event.data, matcher);
      else routes.push(...this.judge(event, matcher));
    }
    await insertRoutes(tx, routes);
    await this.index.save(tx);
    for (const { asId } of routes) routed.add(asId);
  }

  private judge({ logId, pos, data }: StoredEvent<EventPersisted>, matcher: InterestMatcher): Route[] {
    this.index.memberChanged(data, matcher);
    const interested = interestedIn(data, matcher, this.index.room(data.roomId));
    const receivers = [...interested].filter((asId) => !isUnwantedEcho(data, asId, matcher));
    if (receivers.length === 0) return [];
    const event = JSON.stringify(renderForAppservice(data));
    const { eventId, roomId, receivedTs } = data;
    return receivers.map((asId) => ({ asId, logId, pos, eventId, roomId, receivedTs, event }));
  }
}

/** With nobody to be interested, only who is where must be kept. */
function isRelevant({ membership }: EventPersisted['data'], matcher: InterestMatcher): boolean {
  return !matcher.empty || membership?.local === true;
}

function touched(events: readonly StoredEvent<RoomsEvent>[]): [Set<string>, Set<string>] {
  const [rooms, aliases] = [new Set<string>(), new Set<string>()];
  for (const { type, data } of events) {
    if (data.roomId !== null) rooms.add(data.roomId);
    if (type === 'alias.changed') aliases.add(data.alias);
  }
  return [rooms, aliases];
}
