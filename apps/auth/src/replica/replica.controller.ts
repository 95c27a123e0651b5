import type { AuthSnapshot, AuthSnapshotRequest, TokenLookup, TokenLookupReply } from '@ganglion/contracts';
import { EventLog } from '@ganglion/event-store';
import { OnQuery } from '@ganglion/messaging';
import { Followers } from '@ganglion/service';
import { Controller } from '@nestjs/common';
import { AccountDirectory } from '../accounts/account-directory/account-directory.projection.js';

/** How long a look-up waits for the read model to reach the log. */
const PATIENCE_MS = 2_000;

/** What those who resolve requesters ask of auth (auth.md §1.1). */
@Controller()
export class ReplicaController {
  constructor(
    private readonly directory: AccountDirectory,
    private readonly followers: Followers,
    private readonly log: EventLog,
  ) {}

  /** `qry.auth.snapshot`: where a replica starts, in pages; it goes on with the frames after the smallest `pos`. */
  @OnQuery('snapshot')
  async snapshot(request: AuthSnapshotRequest | null): Promise<AuthSnapshot> {
    const snapshot = await this.directory.snapshot(request ?? {});
    return { ...snapshot, logId: snapshot.logId || this.log.logId };
  }

  /**
   * `qry.auth.token`: a token that a replica lacks because it is newer than the replica. So everything that was decided
   * before the question counts: a null means that there is no such token.
   */
  @OnQuery('token')
  async token({ tokenHash }: TokenLookup): Promise<TokenLookupReply> {
    await this.followers.reached(this.log.service, await this.log.refreshHead(), PATIENCE_MS);
    return this.directory.token(tokenHash);
  }
}
