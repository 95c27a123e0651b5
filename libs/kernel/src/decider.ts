/** A fact. `type` is `<kind>.<past_tense>`; `data` lists its fields and never a secret. */
export type Event<Type extends string = string, Data extends object = object> = {
  type: Type;
  data: Data;
  /** Data key that parts of `data` are sealed under; absent: none is. */
  keyId?: string;
};

/** An intention. `type` is imperative; `meta` says who asks, when, and which request it belongs to. */
export type Command<Type extends string = string, Data extends object = object> = {
  type: Type;
  data: Data;
  meta: CommandMeta;
};

export interface CommandMeta {
  /** Wall clock of the deciding service, ms since the Unix epoch. */
  nowMs: number;
  /** Who caused it: a user id, `appservice:<id>`, `schedule` or `system`. */
  actor: string;
  /** Request id; the same on every hop of one client request. */
  correlationId: string;
}

/**
 * An aggregate: `evolve` folds its events, a `decide` per command looks at the folded state.
 * Both are pure. `evolve` is total: it never throws and leaves `state` as it is on an event it does not know.
 */
export interface Decider<State, E extends Event> {
  initial(): State;
  evolve(state: State, event: E): State;
}

export function fold<State, E extends Event>(decider: Decider<State, E>, events: readonly E[]): State {
  return events.reduce((state, event) => decider.evolve(state, event), decider.initial());
}
