import type { Requester } from '@ganglion/contracts';
import type { Clock, CommandMeta } from '@ganglion/kernel';
import type { Signer } from '@ganglion/matrix';
import { CLOCK, Commands } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import { SIGNER } from '../../rooms.tokens.js';
import type { Origin } from './accept.js';

/** Says of every write who asks, when, and with which key it is signed. */
@Injectable()
export class Origins {
  constructor(
    private readonly commands: Commands,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SIGNER) private readonly signer: Signer,
  ) {}

  meta(requester: Requester): CommandMeta {
    return this.commands.meta(requester);
  }

  /** @param given  what is known of the time and the transaction; the time of the event is honoured for appservices only */
  of(requester: Requester, given: Partial<Pick<Origin, 'txn' | 'nowMs' | 'originServerTs'>> = {}): Origin {
    const { txn = null, nowMs = this.clock.nowMs(), originServerTs } = given;
    const { appServiceId: asId } = requester;
    const chosen = asId === null || originServerTs === undefined ? {} : { originServerTs };
    return { nowMs, signer: this.signer, txn, asId, ...chosen };
  }
}
