import type { LogPosition, RegistrationPublic } from '@ganglion/contracts';
import type { Queryable } from '@ganglion/event-store';
import { forgetInterest } from '../interest/activate-rules.js';
import type { Rules } from '../interest/interest-matcher.js';
import type { Registration, RegistrationOptions } from './registration.js';
import type { SecretBox } from './secret-box.js';

/** From where on a new registration, or a new set of namespaces, holds. */
export interface Beginning {
  /** End of the rooms log at this moment; null when rooms did not say, then the time decides. */
  head: LogPosition | null;
  nowMs: number;
}

interface SecretRow {
  as_id: string;
  source: string;
  url: string | null;
  hs_token: Buffer;
  options: string;
}

/** What of registrations is not in the log: their secrets, their lanes, and the rules the fan-out goes by. */
export class RegistrationStore {
  constructor(
    private readonly box: SecretBox,
    private readonly newGeneration: () => string,
    private readonly logId: string,
  ) {}

  /** @returns names of what differs from before (`url`, `hs_token`, `options`); empty for a new one */
  async saveSecrets(tx: Queryable, registration: Registration, loadOrder: number): Promise<string[]> {
    const { public: known, url, hsToken, options, source } = registration;
    const before = (await this.secrets(tx, known.asId))[0];
    await tx.query({
      text: `insert into registration_secret (as_id, load_order, source, url, hs_token, options)
        values ($1, $2, $3, $4, $5, $6) on conflict (as_id) do update set load_order = excluded.load_order,
          source = excluded.source, url = excluded.url, hs_token = excluded.hs_token, options = excluded.options`,
      values: [known.asId, loadOrder, source, url, this.box.seal(hsToken, known.asId), JSON.stringify(options)],
    });
    if (!before) return [];
    return [
      ...(before.url === url ? [] : ['url']),
      ...(this.holds(before, hsToken) ? [] : ['hs_token']),
      ...(before.options === JSON.stringify(options) ? [] : ['options']),
    ];
  }

  /** Makes the lane if there is none, and switches it off or on when the URL was taken away or given. */
  async saveLane(tx: Queryable, { public: { asId }, url }: Registration, nowMs: number): Promise<void> {
    const status = url === null ? 'disabled' : 'unknown';
    await tx.query({
      text: `insert into lane (as_id, log_id, generation, state, since_ms) values ($1, $2, $3, $4, $5)
        on conflict (as_id) do nothing`,
      values: [asId, this.logId, this.newGeneration(), status, nowMs],
    });
    // A database that was restored must not use an id again that it has forgotten.
    await tx.query({
      text: 'update lane set generation = $3, log_id = $2 where as_id = $1 and log_id <> $2',
      values: [asId, this.logId, this.newGeneration()],
    });
    await tx.query({
      text: `update lane set state = $2, since_ms = $3, failures = 0, next_retry_at_ms = null
        where as_id = $1 and (state = 'disabled') <> ($2 = 'disabled')`,
      values: [asId, status, nowMs],
    });
  }

  /**
   * Puts new rules in force from `beginning` on. Must run before `saveLane`, whose state says whether rules have to be there.
   * @param known  the log has the registration already
   * @returns false when the rules of a known appservice are gone: nobody can tell from where on it must be served
   */
  async saveRules(tx: Queryable, registration: Registration, known: boolean, beginning: Beginning): Promise<boolean> {
    const { public: wanted, url } = registration;
    const newest = await this.newestRules(tx, wanted.asId);
    if (url === null) {
      await tx.query({ text: 'delete from interest_rules where as_id = $1', values: [wanted.asId] });
      await forgetInterest(tx, wanted.asId);
      return true;
    }
    if (newest === null && known && (await this.hasWorkingLane(tx, wanted.asId))) return false;
    const rules = JSON.stringify(rulesOf(registration));
    if (newest === rules) return true;
    await tx.query({
      text: 'insert into interest_rules (as_id, rules, from_log_id, from_pos, from_ms) values ($1, $2, $3, $4, $5)',
      values: [wanted.asId, rules, beginning.head?.logId ?? null, beginning.head?.pos ?? null, beginning.nowMs],
    });
    return true;
  }

  /** Whether `saveRules` would put anything new in force. */
  async hasNews(db: Queryable, wanted: readonly Registration[]): Promise<boolean> {
    for (const one of wanted) {
      if (one.url !== null && (await this.newestRules(db, one.public.asId)) !== JSON.stringify(rulesOf(one)))
        return true;
    }
    return false;
  }

  async pause(tx: Queryable, asId: string, reason: string, nowMs: number): Promise<void> {
    await tx.query({
      text: `update lane set state = 'paused', reason = $2, since_ms = $3 where as_id = $1 and state <> 'paused'`,
      values: [asId, reason, nowMs],
    });
  }

  /** Removes everything of appservices that are not among these; ids of those that had a lane. */
  async dropOthers(tx: Queryable, asIds: readonly string[]): Promise<void> {
    for (const table of ['registration_secret', 'interest_rules', 'room_interest', 'route', 'txn', 'lane']) {
      await tx.query({ text: `delete from ${table} where as_id <> all($1)`, values: [asIds] });
    }
  }

  /** In load order. @throws Error when a token was sealed with another key */
  async load(db: Queryable, known: readonly RegistrationPublic[]): Promise<Registration[]> {
    const secrets = new Map((await this.secrets(db, null)).map((row) => [row.as_id, row]));
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

  private async secrets(db: Queryable, asId: string | null): Promise<SecretRow[]> {
    const { rows } = await db.query<SecretRow>({
      text: 'select as_id, source, url, hs_token, options from registration_secret where $1::text is null or as_id = $1',
      values: [asId],
    });
    return rows;
  }

  private holds({ as_id, hs_token }: SecretRow, hsToken: string): boolean {
    try {
      return this.box.open(hs_token, as_id) === hsToken;
    } catch {
      // The key in the data folder is another one: whatever it was, it is sealed anew.
      return false;
    }
  }

  private async newestRules(tx: Queryable, asId: string): Promise<string | null> {
    const text = 'select rules from interest_rules where as_id = $1 order by version desc limit 1';
    return (await tx.query<{ rules: string }>({ text, values: [asId] })).rows[0]?.rules ?? null;
  }

  private async hasWorkingLane(tx: Queryable, asId: string): Promise<boolean> {
    const text = `select 1 from lane where as_id = $1 and state <> 'disabled'`;
    return (await tx.query({ text, values: [asId] })).rows.length > 0;
  }
}

function rulesOf({ public: { asId, sender, namespaces }, options: { suppressEcho } }: Registration): Rules {
  return { asId, sender, namespaces, suppressEcho };
}
