import type { Transfers } from '../chunks/transfers.js';
import type { Bus } from '../bus/bus.js';
import type { RpcClient } from '../rpc/rpc-client.js';
import type { StreamBus } from '../streams/ensure-streams.js';

/** The part of the bus by which frames travel. Narrow, so that a simulation can put a network of its own under them. */
export type FrameBus = StreamBus &
  Pick<Bus, 'clock' | 'connected' | 'js' | 'listen' | 'onReconnect' | 'publishJson' | 'subject'> & {
    readonly transfers: Pick<Transfers, 'tooLargeForOne'>;
  };

/** How a reader asks the log for what it has missed. */
export type LogAsker = Pick<RpcClient, 'ask'>;
