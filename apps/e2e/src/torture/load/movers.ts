import { between, oneOf } from '../chance.js';
import type { MoveRecord, TokenRecord } from '../history.js';
import { must, roomPath, type World } from './matrix.js';
import { sleepUnless } from './pause.js';

const PAUSE_MS = { least: 100, most: 600 };

/** Joins a room, leaves it, joins the next. */
export async function move(world: World, mover: Mover, signal: AbortSignal): Promise<void> {
  const chance = world.chance(mover.name);
  while (!signal.aborted) {
    const roomId = oneOf(chance, mover.roomIds);
    for (const to of ['join', 'leave'] as const) {
      await moveOnce(world, mover, { roomId, userId: mover.token.userId, to, attempts: 0, ackedMs: null });
      await sleepUnless(signal, between(chance, PAUSE_MS.least, PAUSE_MS.most));
    }
  }
}

async function moveOnce({ client, history }: World, { token, deadline }: Mover, record: MoveRecord): Promise<void> {
  history.moves.push(record);
  const path = roomPath(record.roomId, `/${record.to}`);
  const answer = await client.insist(
    record.to,
    { method: 'POST', path, token, body: {} },
    {
      // Who has left already cannot leave.
      again: record.to === 'leave' ? { allowed: [403] } : {},
      onAttempt: () => record.attempts++,
      signal: deadline,
    },
  );
  const isDone = record.to === 'leave' && record.attempts > 1 && answer.status === 403;
  if (!isDone) must(answer, record.to);
  record.ackedMs = answer.endedMs;
  history.acknowledge();
}

export interface Mover {
  name: string;
  token: TokenRecord;
  roomIds: readonly string[];
  deadline: AbortSignal;
}
