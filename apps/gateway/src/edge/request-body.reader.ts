import type { IncomingMessage } from 'node:http';
import { refuse } from '../gateway.errors.js';

/** The client went away; nobody is there to be told anything. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

/** Of a body that was refused, so much is still read and thrown away before the connection is cut. */
const FORGOTTEN_BYTES = 64 * 1_048_576;

/**
 * All bytes of a body. Beyond the limit nothing is kept; it is read on for a while, because a client that is still sending
 * when the connection closes never sees why it was refused.
 * @param signal  ends the waiting; what is still to come is forgotten
 * @throws BODY_TOO_LARGE; ClientGone when the connection breaks meanwhile; the signal's reason
 */
export function readBody(request: IncomingMessage, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
  if (request.destroyed) return Promise.reject(new ClientGone());
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > maxBytes || signal.aborted) {
    forgetRest(request);
    return Promise.reject(signal.aborted ? (signal.reason as Error) : refuse('BODY_TOO_LARGE'));
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    const stop = (why: Error) => {
      signal.removeEventListener('abort', cut);
      request.removeAllListeners('data');
      forgetRest(request);
      reject(why);
    };
    const gone = () => reject(new ClientGone());
    const cut = () => stop(signal.reason as Error);
    signal.addEventListener('abort', cut, { once: true });
    request.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes <= maxBytes) chunks.push(chunk);
      else stop(refuse('BODY_TOO_LARGE'));
    });
    request.once('end', () => {
      signal.removeEventListener('abort', cut);
      // Every request closes in the end, and an error made for nothing is what a small request costs most.
      request.off('close', gone);
      resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
    });
    request.once('error', gone);
    request.once('close', gone);
  });
}

function forgetRest(request: IncomingMessage): void {
  let leftBytes = FORGOTTEN_BYTES;
  request.on('error', () => undefined); // it was answered already: that the client goes away now concerns nobody
  request.on('data', (chunk: Buffer) => {
    leftBytes -= chunk.length;
    if (leftBytes < 0) request.destroy();
  });
}
