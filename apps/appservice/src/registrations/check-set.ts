import type { Namespace } from '@ganglion/contracts';
import { compilePattern, type Pattern } from '../interest/pattern.js';
import type { Problem } from './problem.js';
import type { Registration } from './registration.js';

/** What must be unique among all registrations. Tokens are compared by hash and never shown. */
export function duplicates(registrations: readonly Registration[]): Problem[] {
  const problems: Problem[] = [];
  const find = (code: Problem['code'], field: 'id' | 'as_token', keyOf: (one: Registration) => string) => {
    const seen = new Map<string, string>();
    for (const one of registrations) {
      const other = seen.get(keyOf(one));
      if (other === undefined) seen.set(keyOf(one), one.source);
      else problems.push({ code, source: one.source, field, message: `has the same ${field} as ${other}: change one` });
    }
  };
  find('as_duplicate_id', 'id', ({ public: { asId } }) => asId);
  find('as_duplicate_token', 'as_token', ({ public: { asTokenHash } }) => asTokenHash);
  return problems;
}

type Kind = keyof Registration['public']['namespaces'];

/**
 * Exclusive entries of two appservices that claim the same id, each with an id that both match. The ids tried are the
 * literal beginnings of the patterns, so a conflict may go unnoticed; what is reported is one.
 */
export function namespaceConflicts(registrations: readonly Registration[], serverName: string): string[] {
  const conflicts: string[] = [];
  for (const kind of ['users', 'aliases', 'rooms'] as const) {
    const all = registrations.map((one) => ({ one, patterns: exclusivePatterns(one, kind) }));
    all.forEach((a, index) => {
      for (const b of all.slice(index + 1)) {
        const witness = firstWitness(a.patterns, b.patterns, serverName);
        if (witness === null) continue;
        const [first, second] = [a.one.public.asId, b.one.public.asId];
        conflicts.push(
          `${b.one.source}: ${second} and ${first} (${a.one.source}) both claim ${witness} in namespaces.${kind} ` +
            'for themselves: make the patterns disjoint or one of them not exclusive (as_ns_conflict)',
        );
      }
    });
  }
  return conflicts;
}

function exclusivePatterns({ public: { namespaces } }: Registration, kind: Kind): Pattern[] {
  return namespaces[kind].filter((entry: Namespace) => entry.exclusive).map(({ regex }) => compilePattern(regex));
}

function firstWitness(left: Pattern[], right: Pattern[], serverName: string): string | null {
  for (const a of left) {
    for (const b of right) {
      if (!a.prefix.startsWith(b.prefix) && !b.prefix.startsWith(a.prefix)) continue;
      const longer = a.prefix.length >= b.prefix.length ? a.prefix : b.prefix;
      const candidates = [longer, `${longer}x`, `${longer}:${serverName}`, `${longer}x:${serverName}`];
      const witness = candidates.find((id) => matches(a, id) && matches(b, id));
      if (witness !== undefined) return witness;
    }
  }
  return null;
}

const matches = (pattern: Pattern, id: string): boolean => id.startsWith(pattern.prefix) && pattern.matchesRest(id);
