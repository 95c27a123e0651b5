import { accountingService } from '@ganglion/accounting';
import { appserviceService } from '@ganglion/appservice';
import { authService } from '@ganglion/auth';
import type { LogService } from '@ganglion/contracts';
import { moderationService } from '@ganglion/moderation';
import { roomsService } from '@ganglion/rooms';
import type { ServiceDefinition } from '@ganglion/service';

/** Every service that keeps a log; for commands that work on their databases, and for `--single`. */
export const logServices: Record<LogService, ServiceDefinition> = {
  auth: authService,
  moderation: moderationService,
  rooms: roomsService,
  appservice: appserviceService,
  accounting: accountingService,
};
