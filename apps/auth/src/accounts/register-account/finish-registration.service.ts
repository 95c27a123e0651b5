import type { RouteReply } from '@ganglion/contracts';
import type { UserId } from '@ganglion/kernel';
import { Injectable } from '@nestjs/common';
import { refuse } from '../../auth.errors.js';
import { Passwords } from '../../passwords/passwords.service.js';
import { addressKey, RateLimits } from '../../rate-limits/rate-limits.service.js';
import { sessionInput } from '../../sessions/session-input.js';
import type { UiaSession } from '../../uia/uia.js';
import { UiaRunner } from '../../uia/uia.runner.js';
import { localpartOf } from '../user-name.js';
import { UserNames } from '../user-names.service.js';
import { AccountCreation } from './account-creation.service.js';
import { inhibitLoginOf, type Body } from './registration-input.js';

/** A registration that has shown all it must. */
export interface ReadyRegistration {
  clientIp: string | null;
  body: Body;
  /** Undefined: an earlier request of the session named it. */
  password: string | undefined;
  /** Null: any will do. */
  userId: UserId | null;
  session: UiaSession;
  /** Null: the session began with this request, nobody can come back to it. */
  known: UiaSession | null;
}

/**
 * Steps 11–16 of auth.md §6.2. The session first notes what it is about to make: if this process dies right after the account
 * is in the log, the client's next attempt finds that the account is its own.
 */
@Injectable()
export class FinishRegistration {
  constructor(
    private readonly names: UserNames,
    private readonly passwords: Passwords,
    private readonly creation: AccountCreation,
    private readonly limits: RateLimits,
    private readonly uia: UiaRunner,
  ) {}

  /** @throws MISSING_PARAM, INVALID_PARAM, DISPLAY_NAME_TOO_LONG, LIMIT_EXCEEDED, HASHING_BUSY, USER_IN_USE */
  async create({ clientIp, body, password, userId: asked, session, known }: ReadyRegistration): Promise<RouteReply> {
    if (password === undefined && session.passwordHash === null) {
      throw refuse('MISSING_PARAM', {}, 'Missing parameter: password');
    }
    const wanted = inhibitLoginOf(body) ? null : sessionInput(body);
    await this.limits.take('registration', addressKey(clientIp));
    const userId = asked ?? (await this.names.generate());
    const passwordHash = password === undefined ? session.passwordHash! : await this.passwords.hash(password);
    const credentialId = await this.passwords.keep(userId, passwordHash);
    if (known) await this.uia.keep({ ...session, registering: { userId, credentialId } });
    return this.creation.create(person(userId, credentialId), wanted);
  }
}

function person(userId: UserId, credentialId: string) {
  return {
    userId,
    kind: 'user' as const,
    appserviceId: null,
    userType: null,
    admin: false,
    displayName: localpartOf(userId),
    credentialId,
    byAdmin: false,
  };
}
