import type { Command, Decider, Event } from './decider.js';
import { fold } from './decider.js';
import { Refusal } from './errors.js';

/**
 * Given / when / then for a decider, with the test framework's own `expect` passed in by the caller's scope.
 *
 *     const given = specFor({ initial, evolve, decide });
 *     given(filed()).when(close('upheld')).then(closed('upheld'));
 */
export function specFor<State, E extends Event, C extends Command>(
  decider: Decider<State, E> & { decide(state: State, command: C): E[] },
) {
  return (...history: E[]) => ({
    when: (command: C) => {
      const state = fold(decider, history);
      const outcome = attempt(() => decider.decide(state, command));
      return {
        then: (...expected: E[]) => assertEqual(outcome.events ?? outcome.refusal?.code, expected),
        thenNothing: () => assertEqual(outcome.events ?? outcome.refusal?.code, []),
        thenRefused: (code: string) => assertEqual(outcome.refusal?.code ?? outcome.events, code),
      };
    },
  });
}

function attempt<E>(run: () => E[]): { events?: E[]; refusal?: Refusal } {
  try {
    return { events: run() };
  } catch (error) {
    if (error instanceof Refusal) return { refusal: error };
    throw error;
  }
}

function assertEqual(actual: unknown, expected: unknown): void {
  const [a, e] = [JSON.stringify(actual, null, 2), JSON.stringify(expected, null, 2)];
  if (a !== e) throw new Error(`expected ${e}\nbut decided ${a}`);
}
