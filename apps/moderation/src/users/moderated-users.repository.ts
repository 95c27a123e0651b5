import { tok } from '@ganglion/contracts';
import { Aggregates, EventLog } from '@ganglion/event-store';
import { Injectable } from '@nestjs/common';
import { moderatedUser, type ModeratedUser, type ModeratedUserEvent } from './moderated-user.js';

/** Users that moderation has decided about; stream `user-<tok(user id)>`. */
@Injectable()
export class ModeratedUsers extends Aggregates<ModeratedUser, ModeratedUserEvent> {
  constructor(log: EventLog) {
    super({ log, decider: moderatedUser, streamOf: (userId) => `user-${tok(userId)}` });
  }
}
