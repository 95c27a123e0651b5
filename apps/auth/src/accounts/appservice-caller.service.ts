import type { RegistrationPublic, RouteRequest } from '@ganglion/contracts';
import { RemoteError } from '@ganglion/messaging';
import { AppservicesReplica } from '@ganglion/service';
import { Injectable } from '@nestjs/common';
import { refuse } from '../auth.errors.js';

/** The application service that a request on an `ifPresent: 'pass'` route comes from. */
@Injectable()
export class AppserviceCaller {
  constructor(private readonly registrations: AppservicesReplica) {}

  /** @throws what the token was refused with; MISSING_TOKEN; UNKNOWN_TOKEN: a person's token */
  of({ requester, tokenProblem }: RouteRequest<unknown>): RegistrationPublic {
    if (tokenProblem) throw new RemoteError(tokenProblem.status, tokenProblem.body);
    if (!requester) throw refuse('MISSING_TOKEN');
    const asId = requester.appServiceId;
    const registration = asId === null ? undefined : this.registrations.get(asId);
    if (!registration) throw refuse('UNKNOWN_TOKEN', { soft_logout: false });
    return registration;
  }
}
