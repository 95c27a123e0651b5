import type { Pattern } from './pattern.js';

/** No Matrix identifier is longer, UTF-8 bytes. */
const MAX_ID_BYTES = 255;

/**
 * All patterns of one kind (users, aliases or rooms) of all owners as one matcher. An index of literal prefixes picks
 * the candidates, so an owner whose prefix does not fit costs nothing, however many there are.
 */
export class NamespaceMatcher<Owner> {
  private readonly byPrefix = new Map<string, { owner: Owner; pattern: Pattern }[]>();
  private readonly lengths: number[];

  constructor(entries: Iterable<{ owner: Owner; pattern: Pattern }>) {
    for (const entry of entries) {
      const { prefix } = entry.pattern;
      const same = this.byPrefix.get(prefix);
      if (same) same.push(entry);
      else this.byPrefix.set(prefix, [entry]);
    }
    this.lengths = [...new Set([...this.byPrefix.keys()].map((prefix) => prefix.length))].sort((a, b) => a - b);
  }

  /** Owners with at least one pattern that matches, each once. */
  owners(id: string): Owner[] {
    const found = new Set<Owner>();
    if (id.length > MAX_ID_BYTES || Buffer.byteLength(id) > MAX_ID_BYTES) return [];
    for (const length of this.lengths) {
      if (length > id.length) break;
      for (const { owner, pattern } of this.byPrefix.get(id.slice(0, length)) ?? []) {
        if (!found.has(owner) && pattern.matchesRest(id)) found.add(owner);
      }
    }
    return [...found];
  }
}
