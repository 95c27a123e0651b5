import { between, oneOf, type Chance } from '../chance.js';
import type { TokenRecord } from '../history.js';
import { logIn, logOut, register, roomPath, syncPath, WHOAMI, type World } from './matrix.js';
import { sleepUnless } from './pause.js';

const PAUSE_MS = { least: 50, most: 500 };
const PROBE_EVERY_MS = { least: 20, most: 120 };
/** Dead tokens are tried again for the rest of the run, the newest most. */
const NEWEST = 20;

export interface Sessions {
  name: string;
  /** Where a session that has just begun may write. */
  roomIds: readonly string[];
  deadline: AbortSignal;
}

/** Registers, logs in, logs out, again and again; the token is in use all the while, also when it is ended. */
export async function openAndClose(world: World, sessions: Sessions, signal: AbortSignal): Promise<void> {
  const chance = world.chance(sessions.name);
  const given = { signal: sessions.deadline };
  for (let n = 0; !signal.aborted; n++) {
    const userId = await register(world, `${sessions.name}-${n}`, sessions.deadline);
    for (let session = between(chance, 1, 4); session > 0 && !signal.aborted; session--) {
      const tokens = [await logIn(world, userId, sessions.deadline)];
      if (between(chance, 0, 4) === 0) tokens.push(await logIn(world, userId, sessions.deadline));
      await endInUse(world, chance, tokens, given);
      await sleepUnless(signal, between(chance, PAUSE_MS.least, PAUSE_MS.most));
    }
  }
}

/** Ends the sessions while each has requests under way, one of them a parked sync. */
async function endInUse(world: World, chance: Chance, tokens: TokenRecord[], given: { signal: AbortSignal }) {
  const done = new AbortController();
  const uses = tokens.flatMap((token) => [use(world, token, done.signal), park(world, token)]);
  try {
    await sleepUnless(given.signal, between(chance, 50, 400));
    const [first, ...others] = tokens as [TokenRecord, ...TokenRecord[]];
    if (others.length > 0) await endAll(world, first, others, given);
    else await logOut(world, first, given);
  } finally {
    done.abort();
    await Promise.all(uses);
  }
}

/** One logout for all sessions of the account: the others are dead with it. */
async function endAll(world: World, first: TokenRecord, others: TokenRecord[], given: { signal: AbortSignal }) {
  for (const token of others) token.logoutStartedMs = performance.now();
  await logOut(world, first, { ...given, all: true });
  for (const token of others) token.deadMs = first.deadMs;
}

/** Waits for what never comes: the session ends before. */
async function park({ client }: World, token: TokenRecord): Promise<void> {
  const first = await client.ask('sync', { method: 'GET', path: syncPath({ timeout: '0' }), token });
  const since = first.body['next_batch'];
  if (typeof since !== 'string') return;
  await client.ask('parked sync', { method: 'GET', path: syncPath({ timeout: '5000', since }), token });
}

async function use({ client }: World, token: TokenRecord, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await client.ask('whoami', { method: 'GET', path: WHOAMI, token });
    await sleepUnless(signal, 40);
  }
}

/** Tries dead tokens on whatever connection comes, and living ones, too. */
export async function probe(world: World, sessions: Sessions, signal: AbortSignal): Promise<void> {
  const { client, history } = world;
  const chance = world.chance(sessions.name);
  while (!signal.aborted) {
    const dead = history.tokens.filter(({ deadMs }) => deadMs !== null);
    const living = history.tokens.filter(({ logoutStartedMs }) => logoutStartedMs === null);
    const pool = oneOf(chance, [dead, dead.slice(-NEWEST), dead.slice(-NEWEST), living]);
    if (pool.length > 0) await tryToken(client, chance, oneOf(chance, pool), sessions.roomIds);
    await sleepUnless(signal, between(chance, PROBE_EVERY_MS.least, PROBE_EVERY_MS.most));
  }
}

async function tryToken(client: World['client'], chance: Chance, token: TokenRecord, roomIds: readonly string[]) {
  const kind = between(chance, 0, 4);
  if (kind === 0) {
    const path = syncPath({ timeout: '0', filter: '{"room":{"rooms":[]}}' });
    return await client.ask('sync', { method: 'GET', path, token });
  }
  if (kind === 1 && token.deadMs !== null) {
    // Whom the token belonged to is not in the room: a living one would be refused, too, but not with 401.
    const path = roomPath(oneOf(chance, roomIds), `/send/m.room.message/${deadKey(token)}`);
    const body = { msgtype: 'm.text', body: deadKey(token) };
    return await client.ask('dead send', { method: 'PUT', path, token, body });
  }
  return await client.ask('whoami', { method: 'GET', path: WHOAMI, token });
}

/** What must never stand in a log. */
export const deadKey = ({ index }: TokenRecord): string => `dead-${index}`;
