import { request } from 'node:http';
import { lineSplitter } from './daemon.mjs';

/**
 * Asks a running launcher to restart instances (control.mjs).
 * @param {string | undefined} path  its socket, from run.json
 * @param {{ names: string[], rolling: boolean }} what
 * @returns {Promise<{ instance: string, pid: number, tookMs: number }[]>} in the order in which they were ready again
 */
export function restartBy(path, what) {
  if (!path) return Promise.reject(new Error('The system does not take requests: it is starting, or has stopped.'));
  return new Promise((resolve, reject) => {
    const lines = [];
    const split = lineSplitter((line) => lines.push(JSON.parse(line)));
    const sent = request({ socketPath: path, method: 'POST', path: '/restart' }, (response) => {
      response.setEncoding('utf8').on('data', split);
      response.on('error', reject);
      response.on('end', () => {
        const last = lines.at(-1);
        if (last?.done) resolve(lines.slice(0, -1));
        else reject(new Error(last?.error ?? 'The launcher ended before it was done.'));
      });
    });
    sent.on('error', reject);
    sent.end(JSON.stringify(what));
  });
}
