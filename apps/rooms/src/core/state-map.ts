import type { Pdu } from '@ganglion/contracts';
import { LayeredMap } from './layered-map.js';

/** One piece of a room's state. */
export interface StateEntry {
  eventId: string;
  pdu: Pdu;
}

type Type = LayeredMap<string, StateEntry>;

/** The state of a room by type and state key, immutable; what `authorise` of libs/matrix reads. */
export class StateMap {
  static readonly empty = new StateMap(new Map());

  private constructor(private readonly types: ReadonlyMap<string, Type>) {}

  get(type: string, stateKey: string): Pdu | undefined {
    return this.entry(type, stateKey)?.pdu;
  }

  entry(type: string, stateKey: string): StateEntry | undefined {
    return this.types.get(type)?.get(stateKey);
  }

  /** Every entry of one type. */
  *ofType(type: string): Generator<StateEntry> {
    const entries = this.types.get(type);
    if (entries) yield* entries.values();
  }

  *all(): Generator<StateEntry> {
    for (const entries of this.types.values()) yield* entries.values();
  }

  /** @param entry  of a state event: it has a state key */
  with(entry: StateEntry): StateMap {
    const { type, state_key } = entry.pdu;
    if (state_key === undefined) return this;
    const entries: Type = this.types.get(type) ?? LayeredMap.empty();
    return new StateMap(new Map(this.types).set(type, entries.with(state_key, entry)));
  }

  /** The entry that this event made, if it still stands. */
  byEventId(eventId: string): StateEntry | undefined {
    for (const entry of this.all()) if (entry.eventId === eventId) return entry;
    return undefined;
  }
}
