import { Interrupted, Problem } from './problem.mjs';
import { lastLines } from './processes.mjs';

const FIRST_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 10_000;
const STEADY_AFTER_MS = 60_000;

/** Every daemon alive, so that a second Ctrl-C can end them at once. */
const running = new Set();
export const killAllDaemons = () => running.forEach((daemon) => daemon.kill('SIGKILL'));

/** How long to wait before the nth restart in a row (1, 2, …), in ms. */
export const backoffMs = (attempt) => Math.min(FIRST_BACKOFF_MS * 2 ** (attempt - 1), LONGEST_BACKOFF_MS);

/**
 * Calls `onLine` for each whole line of a stream; a line without an end is cut at 64 KB.
 * @returns {(chunk: Buffer | string) => void}
 */
export function lineSplitter(onLine) {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop().slice(0, 65_536);
    lines.forEach(onLine);
  };
}

/**
 * A child process that is started again when it dies.
 *
 * @template T
 * @param {object} options
 * @param {string} options.name  for messages
 * @param {() => import('node:child_process').ChildProcess} options.spawn  with stdout and stderr as pipes
 * @param {(line: string) => T | undefined} [options.readyLine]  what a line of output says about readiness
 * @param {(message: any) => T | undefined} [options.readyMessage]  the same for an IPC message
 * @param {(chunk: Buffer, stream: 'stdout' | 'stderr') => void} [options.onOutput]
 * @param {NodeJS.Signals} [options.stopSignal]
 * @param {number} [options.graceMs]  between the stop signal and SIGKILL
 * @param {string} [options.logFile]  where its output is kept, when the operator has already seen it on the terminal
 * @param {number} [options.readyTimeoutMs]  for the first start
 * @param {(line: string) => void} options.say
 * @param {(state: { name: string, state: 'ready' | 'down', pid: number, info?: T }) => void} [options.onChange]
 * @returns {{ start(signal?: AbortSignal): Promise<T>, stop(): Promise<void>, restart(): Promise<T>,
 *   kill(signal: NodeJS.Signals): void, readonly pid: number | null, readonly info: T | null }}
 *   `restart` stops it in good order and resolves when the next one is ready; it rejects when that one dies first, and
 *   then the usual restarts go on. One at a time.
 */
export function createDaemon(options) {
  const { name, spawn, say, onChange = () => {}, onOutput = () => {} } = options;
  const { stopSignal = 'SIGTERM', graceMs = 10_000, readyTimeoutMs = 120_000 } = options;
  let child = null;
  let info = null;
  let stopping = false;
  let wasReady = false;
  let failures = 0;
  let retry = null;
  let exited = Promise.resolve();
  let tail = [];
  let replacing = false;
  let again = null;
  const first = awaited();

  const said = () =>
    options.logFile ? `. What it said is above and in ${options.logFile}` : `:\n${lastLines(tail.join('\n'))}`;

  function launch() {
    retry = null;
    const startedMs = performance.now();
    tail = [];
    const current = spawn();
    child = current;
    running.add(daemon);
    const becomeReady = (value) => {
      if (value === undefined || info !== null || child !== current) return;
      if (wasReady) say(`${name} runs again`);
      info = value;
      wasReady = true;
      first.resolve(value);
      onChange({ name, state: 'ready', pid: current.pid, info });
      again?.resolve(value);
    };
    const listen = (stream) => {
      const split = lineSplitter((line) => {
        tail = [...tail.slice(-19), line];
        if (options.readyLine) becomeReady(options.readyLine(line));
      });
      current[stream]?.on('data', (chunk) => {
        onOutput(chunk, stream);
        split(chunk);
      });
    };
    listen('stdout');
    listen('stderr');
    if (options.readyMessage) current.on('message', (message) => becomeReady(options.readyMessage(message)));
    exited = new Promise((resolve) => {
      const done = (how) => {
        onExit(current, how, startedMs);
        resolve();
      };
      current.once('error', (error) => current.pid === undefined && done(error.message));
      current.once('exit', (code, signal) => {
        const how = signal ? `signal ${signal}` : `exit code ${code}`;
        afterOutput(current, () => done(how));
      });
    });
  }

  function onExit(current, how, startedMs) {
    running.delete(daemon);
    const upMs = performance.now() - startedMs;
    child = null;
    info = null;
    if (wasReady) onChange({ name, state: 'down', pid: current.pid ?? 0 });
    if (stopping) return first.reject(new Interrupted());
    if (replacing) return;
    again?.reject(new Problem(`${name} does not start again (${how})${said()}`));
    failures = upMs >= STEADY_AFTER_MS ? 1 : failures + 1;
    if (!wasReady) {
      stopping = true; // whatever keeps it from starting the first time, the operator should see it and not wait
      return first.reject(Object.assign(new Problem(`${name} does not start (${how})${said()}`), { tail }));
    }
    const waitMs = backoffMs(failures);
    say(`${name} stopped (${how}); starting it again in ${waitMs} ms`);
    retry = setTimeout(launch, waitMs);
  }

  /** Ends the process that runs, if one does, and forgets the one that was to be started. */
  async function end() {
    clearTimeout(retry);
    if (!child) return;
    child.kill(stopSignal);
    const timer = setTimeout(() => {
      say(`${name} did not stop within ${graceMs / 1000} s and is killed`);
      child?.kill('SIGKILL');
    }, graceMs);
    await exited;
    clearTimeout(timer);
  }

  async function stop() {
    stopping = true;
    first.reject(new Interrupted());
    again?.reject(new Interrupted());
    await end();
  }

  async function restart() {
    if (stopping || !wasReady) throw new Interrupted();
    replacing = true;
    await end();
    replacing = false;
    if (stopping) throw new Interrupted();
    failures = 0;
    again = awaited();
    const timer = setTimeout(() => {
      again.reject(new Problem(`${name} is not ready again after ${readyTimeoutMs / 1000} s${said()}`));
    }, readyTimeoutMs);
    try {
      launch();
      return await again.promise;
    } finally {
      clearTimeout(timer);
      again = null;
    }
  }

  async function start(signal) {
    const onAbort = () => void stop();
    const timer = setTimeout(() => {
      first.reject(new Problem(`${name} is not ready after ${readyTimeoutMs / 1000} s${said()}`));
    }, readyTimeoutMs);
    signal?.addEventListener('abort', onAbort);
    try {
      if (signal?.aborted) throw new Interrupted();
      launch();
      return await first.promise;
    } catch (error) {
      await stop();
      throw error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  const daemon = {
    start,
    stop,
    restart,
    kill: (signal) => child?.kill(signal),
    get pid() {
      return child?.pid ?? null;
    },
    get info() {
      return info;
    },
  };
  return daemon;
}

/** The last output may come after 'exit', but a grandchild can hold the pipes open for long: wait, though not for ever. */
function afterOutput(child, next) {
  const timer = setTimeout(() => {
    child.removeListener('close', onClose);
    next();
  }, 300);
  const onClose = () => {
    clearTimeout(timer);
    next();
  };
  child.once('close', onClose);
}

/** A promise with its two ends, as `Promise.withResolvers` makes it from Node 22 on. Whoever awaits it hears of a failure. */
function awaited() {
  const parts = {};
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  parts.promise.catch(() => {});
  return parts;
}
