import type { Queryable } from '@ganglion/event-store';
import { InterestMatcher } from './interest-matcher.js';
import { raiseRulesVersion, type StoredRules } from './interest-rules.store.js';

/**
 * The fan-out has come to where these rules begin: they replace the older ones of the appservice, and its share of the
 * index is counted anew from the members and aliases of this very position. Costs one pass over local users and aliases.
 */
export async function activateRules(tx: Queryable, due: readonly StoredRules[], serverName: string): Promise<void> {
  for (const { version, rules } of due) {
    await tx.query({ text: 'delete from room_interest where as_id = $1', values: [rules.asId] });
    await tx.query({
      text: 'delete from interest_rules where as_id = $1 and version < $2',
      values: [rules.asId, version],
    });
    await tx.query({
      text: 'update interest_rules set active = true where as_id = $1 and version = $2',
      values: [rules.asId, version],
    });
    await countInterest(tx, rules.asId, new InterestMatcher([rules], serverName));
  }
  await raiseRulesVersion(tx);
}

async function countInterest(tx: Queryable, asId: string, matcher: InterestMatcher): Promise<void> {
  const users = await column(tx, 'select distinct user_id as id from local_member');
  await tx.query({
    text: `insert into room_interest (room_id, as_id, aliases, members)
      select room_id, $1, 0, count(*) from local_member where user_id = any($2) group by room_id`,
    values: [asId, users.filter((userId) => matcher.users(userId).length > 0)],
  });
  const aliases = await column(tx, 'select alias as id from room_alias');
  await tx.query({
    text: `insert into room_interest (room_id, as_id, aliases, members)
      select room_id, $1, count(*), 0 from room_alias where alias = any($2) group by room_id
      on conflict (room_id, as_id) do update set aliases = excluded.aliases`,
    values: [asId, aliases.filter((alias) => matcher.aliases(alias).length > 0)],
  });
}

async function column(tx: Queryable, text: string): Promise<string[]> {
  return (await tx.query<{ id: string }>({ text })).rows.map(({ id }) => id);
}
