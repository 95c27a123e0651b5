import { sharedSecret, type Config } from '@ganglion/config';
import type { LogPosition, RegistrationPublic } from '@ganglion/contracts';
import { EventLog, inTransaction, type Queryable } from '@ganglion/event-store';
import { ALPHANUMERIC, type Clock, type Ids } from '@ganglion/kernel';
import { CLOCK, CONFIG, IDS, POOL } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import { newestRules, raiseRulesVersion, rulesOf, saveRules } from '../interest/interest-rules.store.js';
import type { Registration, RegistrationOptions } from './registration.js';
import { SecretBox } from './secret-box.js';

const GENERATION_CHARS = 12;

interface SecretRow {
  as_id: string;
  source: string;
  url: string | null;
  hs_token: Buffer;
  options: string;
}

/** What of registrations is not in the log: their secrets, their lanes, and the rules the fan-out goes by. */
@Injectable()
export class RegistrationStore {
  private readonly box: SecretBox;

  constructor(
    @Inject(POOL) private readonly pool: pg.Pool,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(IDS) private readonly ids: Ids,
    @Inject(CONFIG) { server }: Config,
    private readonly log: EventLog,
  ) {
    this.box = new SecretBox(sharedSecret(server.data_dir, 'appservice_secrets_key'));
  }

  /** Whether `prepare` would put new rules in force. */
  async hasNews(wanted: readonly Registration[]): Promise<boolean> {
    for (const one of wanted) {
      if (one.url !== null && (await newestRules(this.pool, one.public.asId)) !== rulesOf(one)) return true;
    }
    return false;
  }

  /**
   * Everything that must be there before the log says that the appservices are. New rules hold for what comes after `head`.
   * @param known  ids that the log has already
   * @param head  end of the rooms log; null when nobody knows it: then they hold from now on
   * @returns `changed`: by id, names of private parts that differ; `lost`: paused, because where they begin is not known
   *          any more
   */
  prepare(wanted: readonly Registration[], known: ReadonlySet<string>, head: LogPosition | null) {
    const nowMs = this.clock.nowMs();
    return inTransaction(this.pool, async (tx) => {
      const changed = new Map<string, string[]>();
      const lost: string[] = [];
      await raiseRulesVersion(tx);
      for (const [index, registration] of wanted.entries()) {
        const { asId } = registration.public;
        changed.set(asId, await this.saveSecrets(tx, registration, index));
        const mustHaveRules = known.has(asId) && (await hasWorkingLane(tx, asId));
        if (!(await saveRules(tx, registration, mustHaveRules, { head, nowMs }))) lost.push(asId);
        await this.saveLane(tx, registration, nowMs);
      }
      for (const asId of lost) await pause(tx, asId, 'cursor_missing', nowMs);
      return { changed, lost };
    });
  }

  /** Removes everything of appservices that are not among these. */
  async dropOthers(asIds: readonly string[]): Promise<void> {
    await inTransaction(this.pool, async (tx) => {
      await raiseRulesVersion(tx);
      for (const table of ['registration_secret', 'interest_rules', 'room_interest', 'route', 'txn', 'lane']) {
        await tx.query(`delete from ${table} where as_id <> all($1)`, [asIds]);
      }
    });
  }

  /** In the order given. @throws Error when a token was sealed with another key */
  async load(known: readonly RegistrationPublic[]): Promise<Registration[]> {
    const secrets = new Map((await readSecrets(this.pool, null)).map((row) => [row.as_id, row]));
    return known.map((one) => {
      const row = secrets.get(one.asId);
      if (!row) throw new Error(`the appservice ${one.asId} has lost its secrets; register it again`);
      return {
        public: one,
        options: JSON.parse(row.options) as RegistrationOptions,
        url: row.url,
        hsToken: this.box.open(row.hs_token, row.as_id),
        source: row.source,
      };
    });
  }

  /** @returns names of what differs from before (`url`, `hs_token`, `options`); empty for a new one */
  private async saveSecrets(tx: Queryable, registration: Registration, loadOrder: number): Promise<string[]> {
    const { public: known, url, hsToken, source } = registration;
    const options = JSON.stringify(registration.options);
    const before = (await readSecrets(tx, known.asId))[0];
    await tx.query({
      text: `insert into registration_secret (as_id, load_order, source, url, hs_token, options)
        values ($1, $2, $3, $4, $5, $6) on conflict (as_id) do update set load_order = excluded.load_order,
          source = excluded.source, url = excluded.url, hs_token = excluded.hs_token, options = excluded.options`,
      values: [known.asId, loadOrder, source, url, this.box.seal(hsToken, known.asId), options],
    });
    if (!before) return [];
    const differs = {
      url: before.url !== url,
      hs_token: !this.holds(before, hsToken),
      options: before.options !== options,
    };
    return Object.entries(differs).flatMap(([name, changed]) => (changed ? [name] : []));
  }

  /** Makes the lane if there is none, and switches it off or on when the URL was taken away or given. */
  private async saveLane(tx: Queryable, { public: { asId }, url }: Registration, nowMs: number): Promise<void> {
    const status = url === null ? 'disabled' : 'unknown';
    await tx.query({
      text: `insert into lane (as_id, log_id, generation, state, since_ms) values ($1, $2, $3, $4, $5)
        on conflict (as_id) do nothing`,
      values: [asId, this.log.logId, this.newGeneration(), status, nowMs],
    });
    // A database that was restored must not use an id again that it has forgotten.
    await tx.query({
      text: 'update lane set generation = $3, log_id = $2 where as_id = $1 and log_id <> $2',
      values: [asId, this.log.logId, this.newGeneration()],
    });
    await tx.query({
      text: `update lane set state = $2, since_ms = $3, failures = 0, next_retry_at_ms = null
        where as_id = $1 and (state = 'disabled') <> ($2 = 'disabled')`,
      values: [asId, status, nowMs],
    });
  }

  private holds({ as_id, hs_token }: SecretRow, hsToken: string): boolean {
    try {
      return this.box.open(hs_token, as_id) === hsToken;
    } catch {
      // The key in the data folder is another one: whatever it was, it is sealed anew.
      return false;
    }
  }

  private newGeneration(): string {
    return this.ids.random(GENERATION_CHARS, ALPHANUMERIC);
  }
}

async function readSecrets(db: Queryable, asId: string | null): Promise<SecretRow[]> {
  const { rows } = await db.query<SecretRow>({
    text: 'select as_id, source, url, hs_token, options from registration_secret where $1::text is null or as_id = $1',
    values: [asId],
  });
  return rows;
}

async function hasWorkingLane(tx: Queryable, asId: string): Promise<boolean> {
  const text = `select 1 from lane where as_id = $1 and state <> 'disabled'`;
  return (await tx.query({ text, values: [asId] })).rows.length > 0;
}

async function pause(tx: Queryable, asId: string, reason: string, nowMs: number): Promise<void> {
  await tx.query({
    text: `update lane set state = 'paused', reason = $2, since_ms = $3 where as_id = $1 and state <> 'paused'`,
    values: [asId, reason, nowMs],
  });
}
