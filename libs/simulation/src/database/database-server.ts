import {
  failure,
  meaningOf,
  type Context,
  type DatabaseRules,
  type Outcome,
  type Result,
  type Statement,
} from './statements.js';
import { Tables } from './tables.js';
import type { Random } from '../time/random.js';
import type { Scheduler } from '../time/scheduler.js';
import type { Trace } from '../time/trace.js';

/** How a session hears of its server. */
export interface SessionEnd {
  /** @param result  of the statement that was sent first and is unanswered */
  answer(result: Result | Error): void;
  /** The server has ended the session. */
  closed(reason: Error): void;
}

const USUAL_MS = [0.05, 1.2] as const;

/**
 * A Postgres server with one database. Statements of a session run one after the other, sessions beside each other; row locks
 * make them wait; what a transaction wrote is there for others all at once when it commits, or never.
 */
export class DatabaseServer {
  tables = new Tables();
  up = true;
  /** Statements take so much longer: the disk is slow. */
  stallMs = 0;
  /** Chance that a statement's session breaks before it is carried out; and the same after it, before the answer. */
  lossChance = 0;
  readonly counts = { statements: 0, commits: 0, lostBefore: 0, lostAfter: 0, refused: 0 };
  readonly locks = new Locks();
  private readonly sessions = new Set<Session>();
  private ids = 0;

  constructor(
    readonly name: string,
    readonly parts: {
      scheduler: Scheduler;
      trace: Trace;
      random: Random;
      rules: DatabaseRules;
      /** After every commit. */
      committed: (statement: Statement | null) => void;
      /** What a bug of the simulation is told to. */
      broken: (error: Error) => void;
    },
  ) {}

  /** @throws Error when it is down */
  connect(client: string, end: SessionEnd): Session {
    if (!this.up) throw new Error('connect ECONNREFUSED');
    const session = new Session(client, this, end);
    this.sessions.add(session);
    return session;
  }

  /** Statements under way are rolled back, or were committed and nobody hears of it. */
  stop(): void {
    this.up = false;
    for (const session of [...this.sessions]) session.end(failure('57P01', 'terminating connection'));
  }

  start(): void {
    this.up = true;
  }

  /** Ends the sessions of one client, as an administrator does. */
  cut(client: string): void {
    for (const session of [...this.sessions])
      if (session.client === client) session.end(failure('57P01', 'terminating connection'));
  }

  /** One statement, at once, as an operator's tool runs it while nobody else is connected. */
  run(statement: Statement): Result {
    const { result, apply } = this.evaluate(statement);
    apply?.(this.tables);
    this.parts.committed(statement);
    return result;
  }

  evaluate(statement: Statement): Outcome {
    return meaningOf(statement).evaluate(this.tables, statement.values as never, this.context());
  }

  forget(session: Session): void {
    this.sessions.delete(session);
  }

  say(what: string): void {
    this.parts.trace.say(this.parts.scheduler.nowMs, this.name, what);
  }

  private context(): Context {
    return {
      nowMs: this.parts.scheduler.nowMs,
      newId: () => `${this.name}-id-${++this.ids}`,
      rules: this.parts.rules,
    };
  }
}

/** Row locks: each has one session at a time; the others wait in line. */
class Locks {
  private readonly held = new Map<string, Session>();
  private readonly lines = new Map<string, { session: Session; granted: () => void }[]>();

  take(name: string, session: Session, granted: () => void): void {
    const holder = this.held.get(name);
    if (!holder || holder === session) {
      this.held.set(name, session);
      return granted();
    }
    this.lines.set(name, [...(this.lines.get(name) ?? []), { session, granted }]);
  }

  release(session: Session): void {
    for (const [name, holder] of [...this.held]) {
      if (holder !== session) continue;
      const line = (this.lines.get(name) ?? []).filter((waiting) => waiting.session !== session);
      const next = line.shift();
      this.lines.set(name, line);
      if (next) this.held.set(name, next.session);
      else this.held.delete(name);
      next?.granted();
    }
  }

  leave(session: Session): void {
    for (const [name, line] of this.lines)
      this.lines.set(
        name,
        line.filter((waiting) => waiting.session !== session),
      );
  }
}

/** The server's side of one connection. */
export class Session {
  private readonly queue: Statement[] = [];
  private busy = false;
  private ended = false;
  /** Nobody is there to be answered; what runs goes on to its end all the same. */
  private left = false;
  private transaction: { writes: ((tables: Tables) => void)[]; aborted: boolean } | null = null;

  constructor(
    readonly client: string,
    private readonly server: DatabaseServer,
    private readonly far: SessionEnd,
  ) {}

  /** A statement has arrived. */
  receive(statement: Statement): void {
    if (this.ended || this.left) return;
    this.queue.push(statement);
    this.next();
  }

  /** The client has gone: what has begun ends as it would have, a transaction is rolled back. */
  leave(): void {
    this.left = true;
    this.queue.length = 0;
    if (!this.busy) this.close();
  }

  /** The server ends it: what has not been committed is undone. */
  end(reason: Error): void {
    if (this.ended) return;
    const { left } = this;
    this.close();
    if (!left) this.far.closed(reason);
  }

  private close(): void {
    this.ended = true;
    this.transaction = null;
    this.server.forget(this);
    this.server.locks.leave(this);
    this.server.locks.release(this);
  }

  private next(): void {
    if (this.busy || this.ended) return;
    const statement = this.queue.shift();
    if (!statement) return;
    this.busy = true;
    const { server } = this;
    server.counts.statements++;
    if (server.parts.random.chance(server.lossChance)) {
      server.counts.lostBefore++;
      return this.end(new Error('Connection terminated unexpectedly'));
    }
    try {
      this.begin(statement);
    } catch (error) {
      server.parts.broken(error as Error);
    }
  }

  private begin(statement: Statement): void {
    const { text } = statement;
    if (text === 'begin') {
      this.transaction = { writes: [], aborted: false };
      return this.later(() => this.done({ rows: [], rowCount: 0 }));
    }
    if (text === 'commit') return this.later(() => this.commit(this.transaction?.writes ?? [], null));
    if (text === 'rollback') return this.later(() => this.rollback());
    if (this.transaction?.aborted) return this.done(failure('25P02', 'current transaction is aborted'));
    this.lock(meaningOf(statement).locks(statement.values as never), () => this.carryOut(statement));
  }

  private lock([first, ...rest]: string[], then: () => void): void {
    if (first === undefined) then();
    else this.server.locks.take(first, this, () => this.lock(rest, then));
  }

  private carryOut(statement: Statement): void {
    if (this.ended) return;
    let outcome: Outcome;
    try {
      outcome = this.server.evaluate(statement);
    } catch (error) {
      if (!(error as { code?: string }).code) return this.server.parts.broken(error as Error);
      this.server.counts.refused++;
      return this.later(() => this.refuse(error as Error));
    }
    const { result, apply } = outcome;
    this.later(() => {
      if (this.transaction) {
        if (apply) this.transaction.writes.push(apply);
        this.done(result);
      } else if (apply) this.commit([apply], statement, result);
      else {
        this.server.locks.release(this);
        this.done(result);
      }
    });
  }

  private commit(writes: readonly ((tables: Tables) => void)[], statement: Statement | null, result?: Result): void {
    const { server } = this;
    if (this.transaction?.aborted) return this.rollback();
    for (const write of writes) write(server.tables);
    this.transaction = null;
    server.counts.commits++;
    server.say(`commits ${statement?.name ?? statement?.text.slice(0, 40) ?? 'transaction'} of ${this.client}`);
    server.parts.committed(statement);
    server.locks.release(this);
    if (server.parts.random.chance(server.lossChance)) {
      server.counts.lostAfter++;
      return this.end(new Error('Connection terminated unexpectedly'));
    }
    this.done(result ?? { rows: [], rowCount: 0 });
  }

  private rollback(): void {
    this.transaction = null;
    this.server.locks.release(this);
    this.done({ rows: [], rowCount: 0 });
  }

  private refuse(error: Error): void {
    if (this.transaction) this.transaction.aborted = true;
    else this.server.locks.release(this);
    this.done(error);
  }

  private done(result: Result | Error): void {
    if (this.ended) return;
    this.busy = false;
    if (this.left) return this.close();
    this.far.answer(result);
    this.next();
  }

  private later(run: () => void): void {
    const { scheduler, random } = this.server.parts;
    const stallMs = this.server.stallMs > 0 && random.chance(0.5) ? random.between(0, this.server.stallMs) : 0;
    scheduler.after(random.between(...USUAL_MS) + stallMs, () => {
      if (!this.ended) run();
    });
  }
}
