/** Something the operator can put right. Only its sentence is shown, never a stack. */
export class Problem extends Error {
  name = 'Problem';
}

/** Stopping was asked for (Ctrl-C, SIGTERM) while something was still starting. */
export class Interrupted extends Error {
  name = 'Interrupted';
  constructor() {
    super('interrupted');
  }
}

/**
 * Throws as soon as stopping was asked for; called between the steps of a start.
 * @param {AbortSignal | undefined} signal
 */
export function throwIfInterrupted(signal) {
  if (signal?.aborted) throw new Interrupted();
}
