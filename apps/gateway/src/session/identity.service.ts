import type { Requester, Route, Sighting } from '@ganglion/contracts';
import type { Clock, Refusal } from '@ganglion/kernel';
import {
  extractToken,
  hasAccessToken,
  refusals,
  resolveToken,
  type Directory,
  type RequestFacts,
  type Resolution,
  type ResolveOptions,
  type RouteFlags,
} from '@ganglion/requester';
import type { Fences } from './fences.service.js';

/** Who asks, and how to look again whether they still may. */
export interface Identified {
  requester: Requester;
  tokenHash: string;
  /** To be told to accounting, or checked with it. */
  sightings: readonly Sighting[];
  /** What a new call would be refused with now; null: nothing has changed. */
  refusal(): Refusal | null;
}

/**
 * Finds out who asks, from replicas alone. Reads the fences and the replicas; a token of ours that the replica lacks is
 * asked of auth, once. Writes nothing.
 */
export class Identity {
  constructor(
    private readonly parts: {
      directory: Directory;
      fences: Fences;
      options: ResolveOptions;
      clock: Clock;
      /** Returns when auth has said what the token is and the replica has it. @throws when auth cannot be asked */
      learn: (tokenHash: string) => Promise<void>;
      /** Hears of a refused guest, who was seen all the same. */
      onRefused: (sightings: readonly Sighting[]) => void;
    },
  ) {}

  /** @returns null when nobody proved an identity and the route does not ask for one. @throws Refusal (auth.md §4) */
  async of(facts: RequestFacts, route: Route): Promise<Identified | null> {
    if (route.auth === 'none' || (route.auth === 'optional' && !hasAccessToken(facts))) return null;
    const { fences, directory, options, clock, learn, onRefused } = this.parts;
    const token = extractToken(facts, options);
    if (typeof token !== 'string') throw token;
    if (!fences.isOpen()) await fences.open();
    const flags: RouteFlags = route;
    const look = (): Resolution => resolveToken(token, { facts, flags, directory, options, nowMs: clock.nowMs() });
    let found = look();
    if (found.kind === 'ask') {
      await learn(found.tokenHash);
      found = look();
    }
    if (found.kind === 'ask') throw refusals.tokenUnknown;
    if (found.kind === 'refused') {
      onRefused(found.sightings);
      throw found.refusal;
    }
    const { requester, tokenHash, sightings } = found;
    return { requester, tokenHash, sightings, refusal: () => refusalOf(look()) };
  }
}

function refusalOf(found: Resolution): Refusal | null {
  if (found.kind === 'resolved') return null;
  return found.kind === 'refused' ? found.refusal : refusals.tokenUnknown;
}
