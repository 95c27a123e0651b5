import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { Problem } from './problem.mjs';
import { commandOf } from './processes.mjs';

/**
 * Tries to listen and lets go again.
 * @returns {Promise<{ port: number } | { code: string }>} the port it got, or why not (`EADDRINUSE`, `EACCES`, …)
 */
export function tryListen(host, port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve({ code: error.code }));
    server.listen({ host, port, exclusive: true }, () => {
      const got = server.address().port;
      server.close(() => resolve({ port: got }));
    });
  });
}

/**
 * The port used last time if it is still free, otherwise another free one.
 * @param {number | undefined} recorded
 * @param {number[]} taken  ports not to choose, such as the one just given to another server
 */
export async function choosePort(recorded, taken = [], listen = tryListen) {
  if (recorded && !taken.includes(recorded) && 'port' in (await listen('127.0.0.1', recorded))) return recorded;
  for (;;) {
    const found = await listen('127.0.0.1', 0);
    if (!('port' in found)) throw new Problem(`No free port on 127.0.0.1 (${found.code}).`);
    if (!taken.includes(found.port)) return found.port;
  }
}

/**
 * @param {string} text  `host:port`, `[v6]:port`; port 0 takes a free one
 * @returns {{ host: string, port: number }}
 */
export function parseListen(text) {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) {
    throw new Problem(`GANGLION_LISTEN is "${text}"; it should look like 127.0.0.1:8008 or [::1]:8008.`);
  }
  return { host: match[1] ?? match[2], port };
}

/** Refuses early, in one sentence, an address the gateway could not listen on. */
export async function requireFree(text) {
  const { host, port } = parseListen(text);
  if (port === 0) return;
  const result = await tryListen(host, port);
  if ('code' in result) throw new Problem(whyNot(text, result.code, holderOf(port)));
}

/**
 * @param {string} text  the address as configured
 * @param {string} code  the system's error code
 * @param {{ pid: number, command: string } | null} holder
 */
export function whyNot(text, code, holder) {
  const { host, port } = parseListen(text);
  const other = `GANGLION_LISTEN=${host.includes(':') ? `[${host}]` : host}:${port < 1024 ? 8008 : port + 1} npm start`;
  switch (code) {
    case 'EADDRINUSE': {
      const who = holder ? ` by process ${holder.pid} (${shorten(holder.command)})` : '';
      return `${text} is already in use${who}. Stop that program, or use another port: ${other}`;
    }
    case 'EACCES':
      return `This user may not listen on ${text} (ports below 1024 belong to root). Use another port: ${other}`;
    default:
      return `Cannot listen on ${text}: ${code}. Choose another address with GANGLION_LISTEN=<address>:<port>.`;
  }
}

const shorten = (command) => (command.length > 80 ? `${command.slice(0, 79)}…` : command || 'unknown command');

/** The process that listens on a TCP port; null when /proc does not tell (another user's, or no /proc). */
function holderOf(port) {
  if (process.platform !== 'linux') return null;
  const sockets = new Set(
    ['tcp', 'tcp6'].flatMap((table) =>
      listeningInodes(
        quietly(() => readFileSync(`/proc/net/${table}`, 'utf8'), ''),
        port,
      ),
    ),
  );
  for (const pid of quietly(() => readdirSync('/proc'), []).filter((name) => /^\d+$/.test(name))) {
    for (const fd of quietly(() => readdirSync(`/proc/${pid}/fd`), [])) {
      const target = quietly(() => readlinkSync(`/proc/${pid}/fd/${fd}`), '');
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode && sockets.has(inode)) return { pid: Number(pid), command: commandOf(pid) };
    }
  }
  return null;
}

/** Inodes of the sockets listening on a port, from the text of /proc/net/tcp. */
export function listeningInodes(table, port) {
  const LISTEN = '0A';
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === LISTEN && fields[1]?.endsWith(suffix))
    .map((fields) => fields[9]);
}

/** /proc changes while it is read and hides what belongs to others; what cannot be read is not there. */
function quietly(read, otherwise) {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
