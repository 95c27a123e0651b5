import type { Namespace } from '@ganglion/contracts';
import { LRUCache } from 'lru-cache';
import { NamespaceMatcher } from './namespace-matcher.js';
import { compilePattern } from './pattern.js';

/** What decides which users, aliases and rooms are an appservice's own. */
export interface Rules {
  asId: string;
  /** Full user id. */
  sender: string;
  namespaces: { users: Namespace[]; aliases: Namespace[]; rooms: Namespace[] };
  /** Whether it does not want what was sent with its own token. */
  suppressEcho: boolean;
}

type Kind = keyof Rules['namespaces'];

/** Answers kept per kind; an answer is one small array. */
const MAX_CACHED = 100_000;

/**
 * Whose namespace an id is in, for one fixed set of appservices; another set is another matcher.
 * Answers are in load order and must not be changed: they are shared by later callers.
 */
export class InterestMatcher {
  private readonly senders = new Map<string, string[]>();
  private readonly matchers: Record<Kind, NamespaceMatcher<string>>;
  private readonly caches: Record<Kind, LRUCache<string, readonly string[]>>;
  private readonly order: Map<string, number>;
  private readonly withoutEcho: Set<string>;

  /** @param rules  in load order, patterns already validated */
  constructor(
    rules: readonly Rules[],
    private readonly serverName: string,
  ) {
    this.order = new Map(rules.map(({ asId }, index) => [asId, index]));
    for (const { asId, sender } of rules) this.senders.set(sender, [...(this.senders.get(sender) ?? []), asId]);
    this.withoutEcho = new Set(rules.filter(({ suppressEcho }) => suppressEcho).map(({ asId }) => asId));
    const matcher = (kind: Kind) =>
      new NamespaceMatcher(
        rules.flatMap(({ asId, namespaces }) =>
          namespaces[kind].map(({ regex }) => ({ owner: asId, pattern: compilePattern(regex) })),
        ),
      );
    this.matchers = { users: matcher('users'), aliases: matcher('aliases'), rooms: matcher('rooms') };
    const cache = () => new LRUCache<string, readonly string[]>({ max: MAX_CACHED });
    this.caches = { users: cache(), aliases: cache(), rooms: cache() };
  }

  /** Appservices that the user belongs to: as their sender, or local and in their `users`. */
  users(userId: string): readonly string[] {
    return this.cached('users', userId, () => {
      const own = this.senders.get(userId) ?? [];
      return this.isLocal(userId) ? [...own, ...this.matchers.users.owners(userId)] : own;
    });
  }

  aliases(alias: string): readonly string[] {
    return this.cached('aliases', alias, () => this.matchers.aliases.owners(alias));
  }

  rooms(roomId: string): readonly string[] {
    return this.cached('rooms', roomId, () => this.matchers.rooms.owners(roomId));
  }

  suppressesEcho(asId: string): boolean {
    return this.withoutEcho.has(asId);
  }

  /** Whether there is nobody to be interested in anything. */
  get empty(): boolean {
    return this.order.size === 0;
  }

  private cached(kind: Kind, id: string, find: () => string[]): readonly string[] {
    const cache = this.caches[kind];
    const known = cache.get(id);
    if (known) return known;
    const found = [...new Set(find())].sort((a, b) => this.order.get(a)! - this.order.get(b)!);
    cache.set(id, found);
    return found;
  }

  /** A remote id never matches, whatever the pattern. */
  private isLocal(userId: string): boolean {
    return userId.slice(userId.indexOf(':') + 1) === this.serverName;
  }
}
