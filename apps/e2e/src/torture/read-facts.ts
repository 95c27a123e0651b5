import { LOG_SERVICES, type LogService } from '@ganglion/contracts';
import pg from 'pg';
import type { Facts, LogFacts, LogRow, TokenRecord } from './history.js';
import { must, roomPath, type World } from './load/matrix.js';

/** The logs as they stand in the databases, past every service. */
export async function readLogs(urls: Record<string, string>): Promise<Facts['logs']> {
  const logs = await Promise.all(
    LOG_SERVICES.map(async (service) => [service, await readLog(urls[service]!)] as const),
  );
  return Object.fromEntries(logs) as Record<LogService, LogFacts>;
}

async function readLog(url: string): Promise<LogFacts> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows: heads } = await client.query<{ head: string }>('select head from log');
    const { rows } = await client.query<Omit<LogRow, 'pos' | 'data'> & { pos: string; data: string | Buffer }>(
      'select pos, stream, ver, type, id, data from event order by pos',
    );
    return {
      head: Number(heads[0]!.head),
      rows: rows.map(({ pos, data, ...row }) => ({ ...row, pos: Number(pos), data: essence(row.type, String(data)) })),
    };
  } finally {
    await client.end();
  }
}

export async function headOf(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return Number((await client.query<{ head: string }>('select head from log')).rows[0]!.head);
  } finally {
    await client.end();
  }
}

/** Of room events only what is checked: a long run writes many. */
function essence(type: string, data: string): Record<string, unknown> {
  const all = JSON.parse(data) as Record<string, unknown>;
  if (type !== 'event.persisted') return all;
  const { roomId, eventId, membership, pdu } = all as {
    pdu: { type: string; content: Record<string, unknown> };
  } & typeof all;
  return { roomId, eventId, membership, key: keyOf(pdu) };
}

function keyOf({ type, content }: { type: string; content: Record<string, unknown> }): unknown {
  if (type === 'm.room.message') return content['body'];
  return type === 'org.ganglion.torture' ? content['value'] : null;
}

/** The whole room, page by page, as the owner of the token may read it. */
export async function readRoom({ client }: World, token: TokenRecord, roomId: string): Promise<Facts['views'][number]> {
  const eventIds: string[] = [];
  for (let from: string | undefined = ''; from !== undefined;) {
    const query: string = String(new URLSearchParams({ dir: 'f', limit: '1000', ...(from ? { from } : {}) }));
    const ask = { method: 'GET', path: roomPath(roomId, `/messages?${query}`), token } as const;
    const { body } = must(await client.insist('messages', ask), 'messages');
    const { chunk, end } = body as { chunk: { event_id: string }[]; end?: string };
    eventIds.push(...chunk.map(({ event_id: id }) => id));
    from = end;
  }
  return { userId: token.userId, roomId, eventIds };
}
