import { randomInt } from 'node:crypto';
import { sharedSecret, type Config } from '@ganglion/config';
import { systemTimers } from '@ganglion/event-store';
import { signingKeyFromSeed, type Signer } from '@ganglion/matrix';
import { CONFIG, Followers, POOL } from '@ganglion/service';
import { Module, type Provider } from '@nestjs/common';
import type pg from 'pg';
import { AccessQueries } from './core/access/access.queries.js';
import { RoomReader } from './core/access/room-reader.service.js';
import { CreateRoomController } from './core/create-room/create-room.controller.js';
import { RoomPlans } from './core/create-room/room-plans.service.js';
import { RoomCreation } from './core/create-room/room-creation.service.js';
import { InviteController } from './core/invite/invite.controller.js';
import { JoinController } from './core/join/join.controller.js';
import { JoinedRoomsController } from './core/joined-rooms/joined-rooms.controller.js';
import { LeaveController } from './core/leave/leave.controller.js';
import { ReadEventController } from './core/read-event/read-event.controller.js';
import { ReadMembersController } from './core/read-members/read-members.controller.js';
import { ReadMessagesController } from './core/read-messages/read-messages.controller.js';
import { Events } from './core/read-model/events.queries.js';
import { Memberships } from './core/read-model/memberships.queries.js';
import { ReadPosition } from './core/read-model/read-position.service.js';
import { RoomsProjection } from './core/read-model/rooms.projection.js';
import { States } from './core/read-model/state.queries.js';
import { ReadStateController } from './core/read-state/read-state.controller.js';
import { SendEventController } from './core/send-event/send-event.controller.js';
import { SendStateController } from './core/send-state/send-state.controller.js';
import { Pretence } from './core/shadow-ban/pretence.service.js';
import { Transactions } from './core/transactions/transactions.service.js';
import { Wake } from './core/wake/wake.service.js';
import { Fences } from './core/write/fences.service.js';
import { Origins } from './core/write/origins.service.js';
import { RoomWriter } from './core/write/room-writer.service.js';
import { WriteGate } from './core/write/write-gate.service.js';
import { Aliases } from './dir/aliases.service.js';
import { ResolveAliasController } from './dir/resolve-alias/resolve-alias.controller.js';
import { RoomsMetrics } from './rooms.metrics.js';
import { DRAW, PRETENCE_KEY, SIGNER, TIMERS } from './rooms.tokens.js';
import { OwnRooms } from './sync/own-rooms.queries.js';
import { RoomEntriesReader } from './sync/room-entries.service.js';
import { RoomStates } from './sync/room-states.service.js';
import { Summaries } from './sync/summary.queries.js';
import { SyncRequests } from './sync/sync-requests.service.js';
import { SyncController } from './sync/sync.controller.js';
import { SyncService } from './sync/sync.service.js';
import { Timelines } from './sync/timelines.service.js';
import { Filters } from './user/filters/filters.service.js';
import { FiltersController } from './user/filters/filters.controller.js';
import { ProfileController } from './user/profile/profile.controller.js';
import { ProfilesProjection } from './user/profile/profiles.projection.js';
import { Profiles } from './user/profile/profiles.queries.js';

/** Part of the key's id: `ed25519:<version>`. */
const KEY_VERSION = 'a1';

/** Secrets of this deployment, made at first use and shared by its processes. */
const secret = (config: Config, name: string): Buffer =>
  Buffer.from(sharedSecret(config.server.data_dir, name), 'base64url');

const edges: Provider[] = [
  {
    provide: SIGNER,
    inject: [CONFIG],
    useFactory: (config: Config): Signer => ({
      serverName: config.server.server_name,
      key: signingKeyFromSeed(KEY_VERSION, secret(config, 'signing_key')),
    }),
  },
  { provide: PRETENCE_KEY, inject: [CONFIG], useFactory: (config: Config) => secret(config, 'pretence_key') },
  { provide: DRAW, useValue: (min: number, max: number) => randomInt(min, max + 1) },
  { provide: TIMERS, useValue: systemTimers },
];

const projections: Provider[] = [
  {
    provide: RoomsProjection,
    inject: [POOL, Followers],
    useFactory: (pool: pg.Pool, followers: Followers) => {
      const projection = new RoomsProjection(pool);
      followers.followOwn(projection);
      return projection;
    },
  },
  {
    provide: ProfilesProjection,
    inject: [POOL, Followers],
    useFactory: (pool: pg.Pool, followers: Followers) => {
      const projection = new ProfilesProjection(pool);
      followers.follow('auth', projection);
      return projection;
    },
  },
];

@Module({
  controllers: [
    CreateRoomController,
    InviteController,
    JoinController,
    LeaveController,
    SendEventController,
    SendStateController,
    JoinedRoomsController,
    ReadStateController,
    ReadMembersController,
    ReadEventController,
    ReadMessagesController,
    ResolveAliasController,
    FiltersController,
    ProfileController,
    SyncController,
  ],
  providers: [
    ...edges,
    ...projections,
    RoomsMetrics,
    Fences,
    Origins,
    WriteGate,
    RoomWriter,
    RoomPlans,
    RoomCreation,
    Transactions,
    Pretence,
    Wake,
    ReadPosition,
    Events,
    States,
    Memberships,
    AccessQueries,
    RoomReader,
    Aliases,
    Filters,
    Profiles,
    OwnRooms,
    Timelines,
    RoomStates,
    RoomEntriesReader,
    Summaries,
    SyncRequests,
    SyncService,
  ],
})
export class RoomsModule {}
