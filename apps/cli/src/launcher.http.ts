import { request, type IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { ProblemToSay } from './place.js';

/** A process that was restarted and serves again. */
export interface Restarted {
  instance: string;
  pid: number;
  /** From the signal to stop until it served. */
  tookMs: number;
}

type Line = Restarted | { done: true } | { error: string };

/**
 * Asks the launcher of a running system for a restart, on its Unix socket (tools/up/control.mjs).
 * @param tell  called for each process as soon as it serves again
 * @throws ProblemToSay with the launcher's words when it refuses, or when a process does not come back
 */
export async function askLauncher(
  socketPath: string,
  restart: { names: string[]; rolling: boolean },
  tell: (one: Restarted) => void,
): Promise<void> {
  for await (const text of createInterface({ input: await post(socketPath, '/restart', restart) })) {
    const line = JSON.parse(text) as Line;
    if ('done' in line) return;
    if ('error' in line) throw new ProblemToSay(line.error);
    tell(line);
  }
  throw new ProblemToSay('The launcher ended before the restart was done. Look at its terminal.');
}

function post(socketPath: string, path: string, body: object): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method: 'POST', path }, resolve);
    sent.on('error', (error) => reject(new ProblemToSay(`The launcher does not answer: ${error.message}`)));
    sent.end(JSON.stringify(body));
  });
}
