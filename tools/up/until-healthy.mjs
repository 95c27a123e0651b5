import { setTimeout as delay } from 'node:timers/promises';
import { Interrupted, Problem } from './problem.mjs';

const LOOK_EVERY_MS = 50;

/**
 * Waits until an instance says on its own port that it can serve: one that has just started may still be catching up.
 * @param {string} name  for the message
 * @param {number} healthPort
 * @param {AbortSignal} [signal]
 * @throws {Problem} with what it lacks, after `withinMs`
 */
export async function untilHealthy(name, healthPort, signal, withinMs = 30_000) {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const problem = await problemOf(healthPort);
    if (problem === null) return;
    if (signal?.aborted) throw new Interrupted();
    if (performance.now() > deadline) {
      throw new Problem(`${name} runs but cannot serve after ${withinMs / 1000} s: ${problem}`);
    }
    await delay(LOOK_EVERY_MS);
  }
}

/** Null when it can serve. */
async function problemOf(healthPort) {
  try {
    const answer = await fetch(`http://127.0.0.1:${healthPort}/health/ready`, { signal: AbortSignal.timeout(5_000) });
    if (answer.ok) return null;
    const { problems = [] } = await answer.json();
    return problems.join('; ') || `its health report has status ${answer.status}`;
  } catch (error) {
    return error.cause?.message ?? error.message;
  }
}
