export { Bus, type BusMessage, type BusOptions, type BusProblem, type Subscription } from './bus/bus.js';
export type { FrameBus, LogAsker } from './frames/frame-bus.js';
export { FrameConsumer, type FrameConsumerOptions } from './frames/frame-consumer.js';
export { type Frame, FramePlan, type Step } from './frames/frame-plan.js';
export { FramePublisherJs, type PublishedFrame } from './frames/frame-publisher.js';
export { HeadBeacon, headSubject, type HeadNotice } from './frames/head-beacon.js';
export {
  type LogRead,
  type LogReadReply,
  type LogReadServer,
  type ReadableLog,
  readLog,
  serveLogReads,
} from './frames/log-reads.js';
export { currentCall, type CurrentCall, outsideCalls, startCall } from './rpc/current-call.js';
export type { EndpointLoad } from './rpc/endpoint.js';
export { MatrixRpcFilter } from './rpc/matrix-rpc.filter.js';
export { OnCommand, OnEach, OnQuery } from './rpc/patterns.js';
export { type CallOptions, RpcClient, type RpcClientOptions } from './rpc/rpc-client.js';
export { RpcContext } from './rpc/rpc-context.js';
export { type OwnedShards, RpcServer, type RpcServerOptions } from './rpc/rpc-server.js';
export { ensureStreams, type StreamOptions } from './streams/ensure-streams.js';
export { PublicEventPublisher } from './streams/public-event-publisher.js';
export { STREAMS, streamName, type StreamSpec } from './streams/streams.js';
export { errorBodyOf, NoResponders, RemoteError, statusOf } from './wire/errors.js';
export { REQUEST_ID_KEY, type WireError, wireErrorOf } from './wire/wire-error.js';
