import { vshardOf as hashOf, type Decider, type Event } from '@ganglion/kernel';
import type { EventTypes } from '@ganglion/event-store';

/** What happens to things in a world: something, again and again. */
export type Happened = Event<'thing.happened', { payload: string; count: number }>;

export interface Thing {
  /** How often something has happened to it: the version of its stream. */
  count: number;
  /** Last payload, so that a command that is given twice decides once. */
  last: string;
}

/** There are so many, named by their numbers. */
export const THINGS = 12;
const SHARDS = new Map(Array.from({ length: THINGS }, (_, thing) => [String(thing), hashOf(String(thing))]));

export const vshardOf = (id: string): number => SHARDS.get(id)!;

export const TYPES: EventTypes = { 'thing.happened': { v: 1 } };

export const thing: Decider<Thing, Happened> = {
  initial: () => ({ count: 0, last: '' }),
  evolve: (_, { data: { payload, count } }) => ({ count, last: payload }),
};

/** One event, or now and then more, of which each counts on from the state: a decision on an old state shows. */
export function happen({ count }: Thing, payload: string): Happened[] {
  const events = 1 + (payload.length % 3 === 0 ? 1 : 0);
  return Array.from({ length: events }, (_, i) => ({
    type: 'thing.happened',
    data: { payload: i === 0 ? payload : `${payload}+${i}`, count: count + 1 + i },
  }));
}
