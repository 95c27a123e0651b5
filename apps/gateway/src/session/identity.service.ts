import type { Requester, Route, RouteRequest, Sighting } from '@ganglion/contracts';
import { Refusal, type Clock } from '@ganglion/kernel';
import { errorBodyOf, statusOf } from '@ganglion/messaging';
import {
  extractToken,
  hasAccessToken,
  refusals,
  resolveToken,
  type Directory,
  type RequestFacts,
  type Resolution,
  type ResolveOptions,
} from '@ganglion/requester';
import { refuse } from '../gateway.errors.js';
import type { Fences } from './fences.service.js';

/** Who asks, and how to look again whether they still may. */
export interface Identified {
  requester: Requester;
  tokenHash: string;
  /** To be told to accounting, or checked with it. */
  sightings: readonly Sighting[];
  /** What a new call would be refused with now; null: nothing has changed. */
  refusal(): Refusal | null;
  /** As a new call would be resolved now. @throws the same refusal */
  again(): Requester;
}

/** What a request carries on a route where a bad token is the owner's affair. */
export type Presented = Pick<RouteRequest, 'requester' | 'tokenProblem'>;

type Resolved = Extract<Resolution, { kind: 'resolved' }>;

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

  /**
   * @returns null when nobody proved an identity and the route does not ask for one, and where `presented` says it
   * @throws Refusal (auth.md §4, and for admin routes §5)
   */
  async of(facts: RequestFacts, route: Route): Promise<Identified | null> {
    if (route.auth === 'none' || route.ifPresent === 'pass') return null;
    if (route.auth === 'optional' && !hasAccessToken(facts)) return null;
    const { found, look } = await this.resolve(facts, route);
    if (found.kind === 'refused') this.parts.onRefused(found.sightings);
    const { requester, tokenHash, sightings } = demand(found, route);
    return {
      requester,
      tokenHash,
      sightings,
      refusal: () => {
        const verdict = verdictOn(look(), route);
        return verdict instanceof Refusal ? verdict : null;
      },
      again: () => demand(look(), route).requester,
    };
  }

  /**
   * Routes with `ifPresent: 'pass'` need no identity, so nothing about a token refuses them, not even that it cannot be
   * checked at the moment. Nobody is seen by this.
   */
  async presented(facts: RequestFacts, route: Route): Promise<Presented> {
    if (!hasAccessToken(facts)) return { requester: null };
    try {
      const { found } = await this.resolve(facts, route);
      return { requester: demand(found, route).requester };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { requester: null, tokenProblem: { status: statusOf(error.kind), body: errorBodyOf(error) } };
    }
  }

  /**
   * What the replicas say of the token once they can say it: the fences hold, and a token that may be newer than they
   * are has been asked about.
   * @returns also how to look again
   */
  private async resolve(facts: RequestFacts, flags: Route): Promise<{ found: Resolution; look: () => Resolution }> {
    const { fences, directory, options, clock, learn } = this.parts;
    const token = extractToken(facts, options);
    if (typeof token !== 'string') throw token;
    if (!fences.isOpen()) await fences.open();
    const look = (): Resolution => resolveToken(token, { facts, flags, directory, options, nowMs: clock.nowMs() });
    const found = look();
    if (found.kind !== 'ask') return { found, look };
    await learn(found.tokenHash);
    return { found: look(), look };
  }
}

function demand(found: Resolution, route: Route): Resolved {
  const verdict = verdictOn(found, route);
  if (verdict instanceof Refusal) throw verdict;
  return verdict;
}

function verdictOn(found: Resolution, { auth }: Route): Resolved | Refusal {
  // Ours, not known to be none, and yet not here: the replica lags. Never 401, clients would log out.
  if (found.kind === 'ask') return refuse('TOKEN_NOT_CHECKED');
  if (found.kind === 'refused') return found.refusal;
  return auth === 'admin' && !found.requester.isAdmin ? refusals.notAdmin : found;
}
