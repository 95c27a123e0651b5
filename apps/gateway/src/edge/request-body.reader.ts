import type { IncomingMessage } from 'node:http';
import { refuse } from '../gateway.errors.js';

/** The client went away; nobody is there to be told anything. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

/**
 * All bytes of a body. Stops reading where the limit is passed: what follows is never kept.
 * @throws BODY_TOO_LARGE; ClientGone when the connection breaks meanwhile
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  if (request.destroyed) return Promise.reject(new ClientGone());
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > maxBytes) return Promise.reject(refuse('BODY_TOO_LARGE'));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    request.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes <= maxBytes) return void chunks.push(chunk);
      request.removeAllListeners('data').pause();
      reject(refuse('BODY_TOO_LARGE'));
    });
    request.once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    request.once('error', () => reject(new ClientGone()));
    request.once('close', () => reject(new ClientGone()));
  });
}
