export * from './fence.js';
export * from './fence-bus.js';
export * from './fence-holder.js';
export type * from './fence-messages.js';
export * from './fence-member.js';
export * from './holder-state.js';
export * from './member-state.js';
