import type { LiveCause } from './moderated-user.js';

export interface LiftedCause {
  causeKey: string;
  /** Id of the event that is reversed. */
  reverses: string;
  /** Causes of the restriction that remain after this one. */
  causesLeft: number;
}

/** Which causes end. @param causeKey  null: all of them, as endpoints mean it that know of no causes */
export function liftedCauses(causes: readonly LiveCause[], causeKey: string | null): LiftedCause[] {
  const lifted = causes.filter((cause) => causeKey === null || cause.causeKey === causeKey);
  return lifted.map((cause, index) => ({
    causeKey: cause.causeKey,
    reverses: cause.eventId,
    causesLeft: causes.length - 1 - index,
  }));
}
