import { NewerEvent } from './event-log.errors.js';

/**
 * Every type a log may hold, its current payload version, and pure functions that lift older payloads: `upcast[1]` takes the
 * data of version 1 and returns that of version 2. History is never edited, so they stay for good.
 */
export interface EventTypes {
  [type: string]: EventTypeEntry;
}

export interface EventTypeEntry {
  v: number;
  /** Each declares the old shape that it takes; nothing else knows it any more. */
  upcast?: Record<number, (data: never) => object>;
}

/** @throws Error naming every type whose chain of upcasters has a hole */
export function checkEventTypes(types: EventTypes): void {
  const holes = Object.entries(types).flatMap(([type, { v, upcast }]) =>
    Array.from({ length: v - 1 }, (_, i) => i + 1)
      .filter((from) => !upcast?.[from])
      .map((from) => `${type} ${from} → ${from + 1}`),
  );
  if (holes.length > 0) throw new Error(`missing upcasters: ${holes.join(', ')}`);
}

export function currentVersion(types: EventTypes, type: string): number {
  if (!Object.hasOwn(types, type)) throw new Error(`event type ${type} is not declared for this log`);
  return types[type]!.v;
}

/**
 * Lifts a payload to the current version. A type that this build does not know was written by a newer build running beside it
 * and stays as it is: `evolve` and projections leave alone what they do not know.
 * @throws NewerEvent when the type is known and its payload is of a version that did not exist yet: it would be misread
 */
export function upcast(types: EventTypes, type: string, v: number, data: object): { v: number; data: object } {
  const entry = Object.hasOwn(types, type) ? types[type] : undefined;
  if (!entry) return { v, data };
  if (v > entry.v) throw new NewerEvent(type, v, entry.v);
  let lifted = data;
  let at = v;
  for (; at < entry.v; at++) lifted = entry.upcast![at]!(lifted as never);
  return { v: at, data: lifted };
}
