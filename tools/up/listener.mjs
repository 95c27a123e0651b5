import { lookup } from 'node:dns/promises';
import net from 'node:net';
import { getSystemErrorName } from 'node:util';
import { parseListen, whyNot } from './ports.mjs';
import { Problem } from './problem.mjs';

/**
 * The socket clients connect to, owned by the launcher and listened on by every gateway process: each gets it over its
 * IPC channel, and the kernel gives a new connection to whichever accepts it. While none does, as in the moment of a
 * restart, connections wait in the socket's queue instead of being refused, because the socket itself never closes.
 *
 * @NOTE A `net.Server` would accept connections here, too, from which nobody reads. Node has no public way to open a
 * socket without accepting; its own `cluster` uses this function for the same purpose.
 *
 * @param {string} text  `host:port`; port 0 takes a free one
 * @returns {Promise<{ handOver(child: import('node:child_process').ChildProcess): void, close(): void }>}
 * @throws {Problem} when the address cannot be had
 */
export async function openListener(text) {
  const { host, port } = parseListen(text);
  const { address, family } = await lookup(host).catch((error) => {
    throw new Problem(whyNot(text, error.code, null));
  });
  const handle = net._createServerHandle(address, port, family);
  const code = typeof handle === 'number' ? handle : handle.getsockname({}); // a bind that failed is told only here
  if (code < 0) {
    if (typeof handle !== 'number') handle.close();
    throw new Problem(whyNot(text, getSystemErrorName(code), null));
  }
  return {
    handOver(child) {
      // A child that has died meanwhile is started again, and gets it then.
      child.send({ type: 'listen' }, handle, () => {});
    },
    close: () => handle.close(),
  };
}
