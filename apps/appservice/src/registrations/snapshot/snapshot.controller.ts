import type { AppserviceSnapshot } from '@ganglion/contracts';
import { OnQuery } from '@ganglion/messaging';
import { Controller } from '@nestjs/common';
import { Registrations } from '../registrations.service.js';

/** Where replicas of the registry start (gateway, auth, rooms). */
@Controller()
export class SnapshotController {
  constructor(private readonly registrations: Registrations) {}

  /** `qry.appservice.snapshot`: it goes on with the frames after `pos`. */
  @OnQuery('snapshot')
  snapshot(): Promise<AppserviceSnapshot> {
    return this.registrations.snapshot();
  }
}
