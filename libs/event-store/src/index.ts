export * from './aggregates/aggregates.js';
export { InOrder } from './aggregates/in-order.js';
export type { SnapshotOptions } from './aggregates/snapshots.js';
export { EVENT_CHAIN_SCHEMA } from './chain/chain-schema.js';
export type { Anchor, Fault, Finding } from './chain/chain-walk.js';
export * from './chain/verify-log.js';
export * from './follow/log-follower.js';
export { LogPump, type PumpOptions, type PumpTarget } from './follow/log-pump.js';
export type { LogEntry, NewEvent } from './log/entry.js';
export {
  Fenced,
  LogReplaced,
  LogUnavailable,
  NewerEvent,
  Overloaded,
  VersionConflict,
} from './log/event-log.errors.js';
export * from './log/event-log.js';
export type { EventTypeEntry, EventTypes } from './log/event-types.js';
export type { Owners } from './log/ownership.js';
export {
  CANDIDATE_SCHEMA,
  CURRENT_LOG_SCHEMA,
  CURSOR_SCHEMA,
  EVENT_LOG_SCHEMA,
  type Queryable,
  resetLogIdentity,
} from './log/schema.js';
export * from './metrics.js';
export * from './projection/index.js';
export { type Frame, type FramePublisher, frames, MAX_FRAME_BYTES } from './relay/frames.js';
export * from './relay/relay.js';
export { DATA_KEY_SCHEMA } from './subject-keys/data-key-schema.js';
export { WrongMasterKey } from './subject-keys/master-key.js';
export * from './subject-keys/sealed.js';
export * from './subject-keys/subject-keys.js';
export { systemTimers, type Timers } from './timers.js';
export { connectTo } from './connect.js';
