import { vshardOf } from '@ganglion/kernel';
import pg from 'pg';
import type { TestSystem } from './system.js';

/** Which of these rooms a process of the service `rooms` may write at this moment. @param name  e.g. `rooms-1` */
export async function roomsOwnedBy(system: TestSystem, name: string, roomIds: readonly string[]): Promise<string[]> {
  const { apps, postgres } = await system.run();
  const health = await fetch(`http://127.0.0.1:${apps[name]!.healthPort}/health/ready`);
  const { instance } = (await health.json()) as { instance: string };
  const client = new pg.Client(postgres.urls['rooms']);
  await client.connect();
  try {
    // A holder is an instance and, after the #, which of its lives it is.
    const held = `select vshard from owner where split_part(holder, '#', 1) = $1`;
    const { rows } = await client.query<{ vshard: number }>(held, [instance]);
    const owned = new Set(rows.map(({ vshard }) => vshard));
    return roomIds.filter((roomId) => owned.has(vshardOf(roomId)));
  } finally {
    await client.end();
  }
}
