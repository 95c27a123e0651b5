import { Followers } from '@ganglion/service';
import { DatabaseRoute, SimPool } from '../database/connections.js';
import { SimBus } from '../network/sim-bus.js';
import { SimRpc } from '../network/sim-rpc.js';
import { ensureStreams } from '@ganglion/messaging';
import type { Life } from '../time/life.js';
import { ConnectedProcess } from './connected-process.js';
import { SERVICE, silent, STREAMS_NEEDED, type Site } from './site.js';

export const READER = 'reader.heard';

/** A process of another service that projects the log into its own database. Several of them feed one projection. */
export class ReaderProcess extends ConnectedProcess {
  private constructor(
    life: Life,
    bus: SimBus,
    route: DatabaseRoute,
    private readonly followers: Followers,
  ) {
    super(life, bus, route);
  }

  static async start(life: Life, site: Site): Promise<ReaderProcess> {
    const bus = new SimBus(life, site.nats);
    await bus.connect();
    await ensureStreams(bus, { replicas: 1 }, STREAMS_NEEDED);
    const route = new DatabaseRoute(life, site.readerDatabase);
    const followers = new Followers({ service: 'rooms', log: null, bus, rpc: new SimRpc(bus), logger: silent });
    followers.follow(SERVICE, site.parts.makeProjection(new SimPool(route).asPool(), READER));
    await followers.start();
    return new ReaderProcess(life, bus, route, followers);
  }

  async stop(): Promise<void> {
    await this.followers.stop();
  }
}
