import type { Config } from '@ganglion/config';
import type { Requester, Route, Sighting } from '@ganglion/contracts';
import { vshardOf, type Clock } from '@ganglion/kernel';
import { RemoteError, type Bus, type RpcClient } from '@ganglion/messaging';
import { counter, type Counter, type Registry } from '@ganglion/observability';
import { LastDecisions, type Decision } from './last-decisions.js';
import { SightingWindow } from './sighting-window.js';

/** Longest that a limit check may hold up a request. */
const CHECK_MS = 250;

interface Question {
  sightings: Sighting[];
  who: Pick<Requester, 'authenticatedEntity' | 'appServiceId'>;
  seen: Requester['seen'];
}

/**
 * Tells accounting who was seen, once per window, and asks it whether the limits let a request through.
 * Reads and writes memory only; a message that is lost is one sighting less.
 */
export class Sightings {
  private readonly window = new SightingWindow();
  private readonly decisions = new LastDecisions();
  private readonly limited: boolean;
  private readonly told: Counter;
  private readonly failedOpen: Counter;

  constructor(
    private readonly rpc: RpcClient,
    private readonly bus: Bus,
    private readonly clock: Clock,
    { accounting }: Config,
    registry: Registry,
  ) {
    this.limited = accounting.limit_usage_by_mau || accounting.hs_disabled;
    this.told = counter(registry, 'ganglion_gateway_sightings_total', 'Sightings that were not coalesced', ['outcome']);
    this.failedOpen = counter(
      registry,
      'accounting_check_failopen_total',
      'Requests let through because accounting did not say whether limits allow them',
    );
  }

  /** Is the check of this route, with the sightings in it, a call of its own? */
  checks(route: Route): boolean {
    return this.limited && route.blockDecision === true;
  }

  /**
   * Without waiting; on the subject of the user, so that a later check cannot overtake it.
   * @param positions  what the requester was resolved on: accounting judges by accounts at least as new
   */
  tell(sightings: readonly Sighting[], positions?: Requester['seen']): void {
    for (const sighting of sightings) {
      if (!this.window.isFresh(sighting)) continue;
      const outcome = this.bus.connected ? 'sent' : 'dropped';
      this.told.inc({ outcome });
      if (outcome === 'sent')
        this.rpc.tell('accounting', vshardOf(sighting.userId), 'sight', { ...sighting, seen: positions });
      else this.window.forget(sighting);
    }
  }

  /**
   * Whoever was let through a moment ago and brings no fresh sighting is a member by now, or exempt: nobody is asked.
   * A refusal is asked about each time, room may have become free. The sightings travel with the question.
   * @throws RemoteError 403 M_RESOURCE_LIMIT_EXCEEDED
   */
  async check(
    { authenticatedEntity, appServiceId, seen: positions }: Requester,
    seen: readonly Sighting[],
    signal: AbortSignal,
  ): Promise<void> {
    const fresh = seen.filter((sighting) => this.window.isFresh(sighting));
    if (fresh.length === 0 && this.decisions.of(authenticatedEntity, this.clock.monotonicMs())?.allowed) return;
    const decision = await this.ask(
      { sightings: fresh, who: { authenticatedEntity, appServiceId }, seen: positions },
      signal,
    );
    if (!decision.allowed) throw new RemoteError(403, decision.body);
  }

  private async ask(question: Question, signal: AbortSignal): Promise<Decision> {
    const userId = question.who.authenticatedEntity;
    const options = { budgetMs: CHECK_MS, signal };
    try {
      await this.rpc.command('accounting', vshardOf(userId), 'sight_and_check', question, options);
      return this.noted(userId, { allowed: true });
    } catch (error) {
      if (error instanceof RemoteError && error.status === 403) {
        return this.noted(userId, { allowed: false, body: error.body });
      }
      // Whether accounting has seen anybody is not known: the next request tells it again.
      for (const sighting of question.sightings) this.window.forget(sighting);
      if (!(error instanceof RemoteError)) throw error;
    }
    const last = this.decisions.of(userId, this.clock.monotonicMs());
    if (!last) this.failedOpen.inc();
    return last ?? { allowed: true };
  }

  private noted(userId: string, decision: Decision): Decision {
    this.decisions.note(userId, decision, this.clock.monotonicMs());
    return decision;
  }
}
