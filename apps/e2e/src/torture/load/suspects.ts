import { between } from '../chance.js';
import type { BanRecord, TokenRecord } from '../history.js';
import { must, send, shadowBanPath, type World } from './matrix.js';
import { sleepUnless } from './pause.js';

const PAUSE_MS = { least: 50, most: 200 };
const TERM_MS = { least: 1_500, most: 5_000 };

export interface Suspect {
  name: string;
  token: TokenRecord;
  admin: TokenRecord;
  roomId: string;
  deadline: AbortSignal;
}

/** Talks without pause. */
export async function talk(world: World, suspect: Suspect, signal: AbortSignal): Promise<void> {
  const chance = world.chance(`${suspect.name} talks`);
  for (let n = 0; !signal.aborted; n++) {
    const request = { kind: 'message', token: suspect.token, roomId: suspect.roomId } as const;
    await send(world, { ...request, key: `${suspect.name}-${n}` }, { signal: suspect.deadline });
    await sleepUnless(signal, between(chance, PAUSE_MS.least, PAUSE_MS.most));
  }
}

/** Bans them for a while, lifts it, for ever. Ends with the ban lifted. */
export async function banAndLift(world: World, suspect: Suspect, signal: AbortSignal): Promise<void> {
  const chance = world.chance(`${suspect.name} is banned`);
  while (!signal.aborted) {
    for (const to of ['banned', 'free'] as const) {
      await decide(world, suspect, to);
      await sleepUnless(signal, between(chance, TERM_MS.least, TERM_MS.most));
    }
  }
}

async function decide({ client, history }: World, { token, admin, deadline }: Suspect, to: BanRecord['to']) {
  const record: BanRecord = {
    userId: token.userId,
    to,
    startedMs: performance.now(),
    attempts: 0,
    ackedMs: null,
  };
  history.bans.push(record);
  const ask = { method: to === 'banned' ? 'POST' : 'DELETE', path: shadowBanPath(token.userId), token: admin } as const;
  const answer = await client.insist(to, ask, { signal: deadline, onAttempt: () => record.attempts++ });
  must(answer, to);
  record.ackedMs = answer.endedMs;
  history.acknowledge();
}
