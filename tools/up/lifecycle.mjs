import { killAllDaemons } from './daemon.mjs';
import { Interrupted, Problem } from './problem.mjs';

/** `npm` passes on the Ctrl-C that the terminal has already sent to the whole group: two signals, one key press. */
const SAME_KEY_PRESS_MS = 500;

/**
 * Runs a command's work until it ends or stopping is asked for, then stops what it started.
 *
 * - The first SIGINT, SIGTERM or SIGHUP aborts `signal`; the work is expected to return or to throw `Interrupted`.
 * - A second Ctrl-C ends all children at once.
 * - What was given to `onStop` runs in opposite order in every case, so nothing stays behind.
 *
 * @param {(context: { signal: AbortSignal, onStop: (stop: () => Promise<void>) => void }) => Promise<number | void>} work
 *   returns the exit code
 * @param {{ warn: (line: string) => void, say: (line: string) => void }} terminal
 */
export async function runUntilStopped(work, { warn, say }) {
  const controller = new AbortController();
  const stops = [];
  let askedAtMs = null;
  const askToStop = () => {
    askedAtMs ??= performance.now();
    controller.abort();
  };
  const onSignal = (name) => {
    if (askedAtMs === null) {
      if (name === 'SIGINT' && process.stdout.isTTY) say('');
      askToStop();
    } else if (performance.now() - askedAtMs > SAME_KEY_PRESS_MS) {
      warn('killing everything');
      killAllDaemons();
      process.exit(130);
    }
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => onSignal(name));
  process.once('disconnect', askToStop); // a test that started us is gone, or we have ended ourselves

  let code = 0;
  try {
    code = (await work({ signal: controller.signal, onStop: (stop) => stops.push(stop) })) ?? 0;
  } catch (error) {
    if (!(error instanceof Interrupted)) {
      code = 1;
      warn(error instanceof Problem ? error.message : error.stack);
    }
  }
  for (const stop of stops.reverse()) {
    try {
      await stop();
    } catch (error) {
      code = 1;
      warn(`while stopping: ${error.stack}`);
    }
  }
  if (process.connected) process.disconnect();
  process.exitCode = code;
}

/** Resolves when stopping is asked for. */
export const untilAborted = (signal) =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
