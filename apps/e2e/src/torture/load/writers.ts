import { between, oneOf } from '../chance.js';
import type { TokenRecord } from '../history.js';
import { again, send, type SendRequest, type World } from './matrix.js';
import { sleepUnless } from './pause.js';

/** A message in so many is state instead; an acknowledged one in so many is sent again. */
const STATE_IN = 8;
const AGAIN_IN = 10;
const PAUSE_MS = { least: 40, most: 160 };

/** Sends one thing after the other into rooms it is in, each until it is acknowledged. */
export async function write(world: World, writer: Writer, signal: AbortSignal): Promise<void> {
  const { name, token, roomIds } = writer;
  const chance = world.chance(name);
  for (let n = 0; !signal.aborted; n++) {
    const kind = between(chance, 0, STATE_IN) === 0 ? 'state' : 'message';
    const request: SendRequest = { kind, token, roomId: oneOf(chance, roomIds), key: `${name}-${n}` };
    const sent = await send(world, request, { signal: writer.deadline });
    // Not of state: by then somebody else's could stand there, and it would be right to set it again.
    if (kind === 'message' && between(chance, 0, AGAIN_IN) === 0) {
      await again(world, sent, request, { signal: writer.deadline });
    }
    await sleepUnless(signal, between(chance, PAUSE_MS.least, PAUSE_MS.most));
  }
}

export interface Writer {
  name: string;
  token: TokenRecord;
  roomIds: readonly string[];
  /** When this is aborted, a write that was not acknowledged is given up. */
  deadline: AbortSignal;
}
