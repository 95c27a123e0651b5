import { logOf, subjects, type LogPosition } from '@ganglion/contracts';
import { RemoteError, RpcClient, type LogRead, type LogReadReply } from '@ganglion/messaging';
import { Injectable } from '@nestjs/common';

/** A new registration is not worth more waiting: without an answer the time of registration decides. */
const PATIENCE_MS = 500;

/** Where the rooms log ends now. */
@Injectable()
export class RoomsHead {
  constructor(private readonly rpc: RpcClient) {}

  /** @returns null when rooms does not answer */
  async read(): Promise<LogPosition | null> {
    const nothingBeyond: LogRead = { after: Number.MAX_SAFE_INTEGER, limit: 1 };
    try {
      const { logId, head } = await this.rpc.ask<LogReadReply>(
        subjects.logRead('rooms', logOf('rooms')),
        nothingBeyond,
        { budgetMs: PATIENCE_MS, idempotent: true },
      );
      return { logId, pos: head };
    } catch (error) {
      if (error instanceof RemoteError && error.status >= 503) return null;
      throw error;
    }
  }
}
