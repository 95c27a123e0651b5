import { tok, type AuthEvent } from '@ganglion/contracts';
import { Aggregates, EventLog, type NewEvent } from '@ganglion/event-store';
import { vshardOf, type CommandMeta, type UserId } from '@ganglion/kernel';
import type { Logger } from '@ganglion/observability';
import { LOGGER } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import { refuse } from '../auth.errors.js';
import { ACCOUNT_REDUCER, parse, serialise } from './account-snapshot.js';
import { account, type Account } from './account.js';
import { claimStream, type UserIdClaimed } from './user-id-claim.js';

/** Accounts; stream `account-<tok(user id)>`. */
@Injectable()
export class Accounts extends Aggregates<Account, AuthEvent> {
  constructor(
    private readonly eventLog: EventLog,
    @Inject(LOGGER) logger: Logger,
  ) {
    super({
      log: eventLog,
      decider: account,
      streamOf: (userId) => `account-${tok(userId)}`,
      snapshots: {
        reducer: ACCOUNT_REDUCER,
        serialise,
        parse,
        report: (error) => logger.warn({ err: error }, 'no use of a snapshot of an account; the log is read instead'),
      },
    });
  }

  /** The user id that exists in this spelling or one that differs in case only; there is at most one. Asks the log itself. */
  async spellingOf(userId: string): Promise<UserId | null> {
    const [claimed] = await this.eventLog.readStream(claimStream(userId));
    return claimed ? ((claimed.data as UserIdClaimed['data']).userId as UserId) : null;
  }

  /**
   * What must be committed together with a registration. Its version is 1, so a second one cannot be.
   * @throws USER_IN_USE
   */
  async claim(userId: UserId, meta: CommandMeta): Promise<NewEvent[]> {
    if ((await this.spellingOf(userId)) !== null) throw refuse('USER_IN_USE');
    const event: UserIdClaimed = { type: 'user_id.claimed', data: { userId } };
    return [{ ...event, stream: claimStream(userId), ver: 1, vshard: vshardOf(userId), meta }];
  }
}
