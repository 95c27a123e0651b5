import type { Requester } from '@ganglion/contracts';
import type { Clock, CommandMeta } from '@ganglion/kernel';
import { currentCall } from '@ganglion/messaging';
import { Inject, Injectable } from '@nestjs/common';
import { CLOCK } from './tokens.js';

/** Makes the `meta` of commands: who asks, now, and which client request it belongs to. */
@Injectable()
export class Commands {
  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  /** @param actor  the requester, or the name of what acts by itself (`system`, `schedule`) */
  meta(actor: Requester | string): CommandMeta {
    return {
      nowMs: this.clock.nowMs(),
      actor: typeof actor === 'string' ? actor : actorOf(actor),
      correlationId: currentCall()?.requestId ?? 'none',
    };
  }

  make<Type extends string, Data extends object>(type: Type, actor: Requester | string, data: Data) {
    return { type, data, meta: this.meta(actor) };
  }
}

function actorOf({ appServiceId, authenticatedEntity }: Requester): string {
  return appServiceId === null ? authenticatedEntity : `appservice:${appServiceId}`;
}
