import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Problem } from './problem.mjs';

/** A socket's path has at most 107 bytes on Linux, 103 on macOS. */
const LONGEST_PATH_BYTES = 103;
const MOST_BODY_BYTES = 65_536;

/**
 * Where the `ganglion` command asks a running launcher for something: HTTP on a Unix socket that only the launcher's user
 * can open. `POST /restart` with `{ names: string[], rolling: boolean }` answers one line of JSON per instance that serves
 * again, `{ instance, pid, tookMs }`, and at last `{ done: true }` or `{ error }`.
 *
 * @param {string} dataDir
 * @param {(request: { names: string[], rolling: boolean, told: (line: object) => void }) => Promise<void>} restart
 * @returns {Promise<{ path: string, close(): Promise<void> }>}
 */
export async function openControl(dataDir, restart) {
  const { path, remove } = socketPath(dataDir);
  rmSync(path, { force: true }); // a launcher that was killed leaves it
  let underWay = false;
  const server = createServer(async (request, response) => {
    try {
      const { names, rolling } = await restartRequest(request);
      if (underWay) throw new Problem('A restart is under way already.');
      underWay = true;
      try {
        await answerLines(response, (told) => restart({ names, rolling, told }));
      } finally {
        underWay = false;
      }
    } catch (error) {
      const status = error instanceof Problem ? 400 : 500;
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(`${JSON.stringify({ error: error.message })}\n`);
    }
  });
  await listenPrivately(server, path);
  return {
    path,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      remove();
    },
  };
}

/** In the data folder; elsewhere if its name is too long for a socket. */
function socketPath(dataDir) {
  const path = join(dataDir, 'control.sock');
  if (Buffer.byteLength(path) <= LONGEST_PATH_BYTES) return { path, remove: () => rmSync(path, { force: true }) };
  const folder = mkdtempSync(join(tmpdir(), 'ganglion-control-'));
  return { path: join(folder, 'control.sock'), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The socket is made while `listen` runs, so that it never exists with other permissions than 0600. */
function listenPrivately(server, path) {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(new Problem(`The control socket ${path} cannot be made in ${dirname(path)}: ${error.message}`));
    });
    const before = process.umask(0o177);
    try {
      server.listen(path, resolve);
    } finally {
      process.umask(before);
    }
  });
}

async function restartRequest(request) {
  if (request.method !== 'POST' || request.url !== '/restart') throw new Problem('There is only POST /restart.');
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > MOST_BODY_BYTES) throw new Problem('That is too long for a request.');
  }
  const { names, rolling } = parseOrRefuse(text);
  const isMeant = Array.isArray(names) && names.every((name) => typeof name === 'string');
  if (!isMeant || typeof rolling !== 'boolean') {
    throw new Problem('A restart needs { "names": [strings], "rolling": true or false }.');
  }
  return { names, rolling };
}

function parseOrRefuse(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch (error) {
    throw new Problem(`That is not JSON: ${error.message}`);
  }
}

/** The answer begins with the first line, so that what is refused at once gets a status of its own. */
async function answerLines(response, work) {
  const told = (line) => {
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    response.write(`${JSON.stringify(line)}\n`);
  };
  try {
    await work(told);
  } catch (error) {
    if (!response.headersSent) throw error;
    told({ error: error.message });
    return response.end();
  }
  told({ done: true });
  response.end();
}
