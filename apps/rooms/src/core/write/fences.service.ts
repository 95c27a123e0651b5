import type { Config } from '@ganglion/config';
import { logOf, type LogService } from '@ganglion/contracts';
import type { FenceMember } from '@ganglion/fence';
import type { Clock } from '@ganglion/kernel';
import { Bus } from '@ganglion/messaging';
import type { Logger } from '@ganglion/observability';
import { CLOCK, CONFIG, INSTANCE, LOGGER, fenceMember } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';

/** Makes this process a member of the fences of other services. */
@Injectable()
export class Fences {
  constructor(
    private readonly bus: Bus,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(INSTANCE) private readonly instance: string,
  ) {}

  member(service: LogService, replica: Parameters<typeof fenceMember>[0]): FenceMember {
    const { bus, config, clock, logger } = this;
    return fenceMember(replica, logOf(service), this.instance, { bus, config, clock, logger });
  }
}
