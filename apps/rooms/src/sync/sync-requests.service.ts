import type { Config } from '@ganglion/config';
import type { SyncQuery } from '@ganglion/contracts';
import { EventLog } from '@ganglion/event-store';
import { Refusal, type Clock } from '@ganglion/kernel';
import { Errcode } from '@ganglion/matrix';
import { CLOCK, CONFIG } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import { filterFromText, parseFilter, type Filter } from '../user/filters/filter.js';
import { Filters } from '../user/filters/filters.service.js';
import { timelineLimitOf, type SyncRequest } from './sync-request.js';
import { isOfThisHistory, parseToken } from './token.js';

/** Looks up what a sync only names: the place its token stands for, and its filter. */
@Injectable()
export class SyncRequests {
  constructor(
    private readonly log: EventLog,
    private readonly filters: Filters,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws BAD_TOKEN, FILTER_UNKNOWN, what a bad filter is answered with; all 400 */
  async of(query: SyncQuery): Promise<SyncRequest> {
    const filter = await this.filter(query);
    return {
      reader: { ...query.requester, nowMs: this.clock.nowMs() },
      filter,
      since: await this.since(query.since),
      fullState: query.fullState,
      stateAfterKey: query.useStateAfter ? (query.stateAfterKey ?? 'state_after') : null,
      timelineLimit: timelineLimitOf(filter, this.config.rooms.filter_timeline_limit),
    };
  }

  /** A token of another history, or of a future that a restore has undone, reads as none. */
  private async since(text: string | null): Promise<number | null> {
    if (text === null) return null;
    const token = parseToken(text);
    const isKnown = token.roomsPos <= this.log.head();
    const head = isKnown ? this.log.head() : await this.log.refreshHead();
    return isOfThisHistory(token, this.log.logId, head) ? token.roomsPos : null;
  }

  private async filter({ filter, requester }: SyncQuery): Promise<Filter> {
    if (filter === null) return {};
    if (filter.startsWith('{')) return parseFilter(filterFromText(filter));
    try {
      return await this.filters.find(requester.userId, filter);
    } catch (error) {
      if (error instanceof Refusal && error.kind === 'not-found') {
        throw new Refusal('FILTER_UNKNOWN', 'invalid', 'No such filter', Errcode.INVALID_PARAM);
      }
      throw error;
    }
  }
}
