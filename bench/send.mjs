// Durable sends through the whole system, and how long until another user's waiting sync has the message.
import { Client } from './client.mjs';
import { load, Report } from './report.mjs';

const MS = 5_000;

export async function benchSend({ system }) {
  const report = new Report('Durable sends through gateway, NATS and rooms');
  const client = new Client(system.url);
  const users = await Promise.all(Array.from({ length: 16 }, (_, i) => client.user(`send-${i}`)));
  const rooms = await Promise.all(users.map(({ token }) => client.room(token)));
  await load(16, 1_000, (i, n) => client.send(users[i].token, rooms[i], `w${n}`));
  const many = await load(16, MS, (i, n) => client.send(users[i].token, rooms[i], `m${n}`));
  report.add('16 rooms, 16 callers', many.perSecond, 'sends/s', { target: '≥ 2,000/s' });
  report.add('16 rooms, 16 callers, p95', many.p95, 'ms', { target: '≤ 25 ms' });

  const shared = rooms[0];
  await Promise.all(
    users
      .slice(1)
      .map(({ token }) => client.call('POST', `/_matrix/client/v3/join/${encodeURIComponent(shared)}`, token, {})),
  );
  const one = await load(16, MS, (i, n) => client.send(users[i].token, shared, `o${n}`));
  report.add('one room, 16 callers', one.perSecond, 'sends/s', { target: '≥ 800/s' });
  report.add('one room, 16 callers, p95', one.p95, 'ms', { target: '≤ 40 ms' });

  const { p50, p95 } = await wakeUps(client, users);
  report.add('send → other user’s waiting sync, p50', p50, 'ms', { target: '≤ 8 ms' });
  report.add('send → other user’s waiting sync, p95', p95, 'ms', { target: '≤ 18 ms' });
  await client.close();
  report.print();
}

async function wakeUps(client, [alice, bob]) {
  const room = await client.room(alice.token);
  await client.call('POST', `/_matrix/client/v3/join/${encodeURIComponent(room)}`, bob.token, {});
  const sync = (since) =>
    client.call(
      'GET',
      `/_matrix/client/v3/sync?timeout=30000${since ? `&since=${since}` : '&full_state=false'}`,
      bob.token,
    );
  let { next_batch: since } = await client.call('GET', '/_matrix/client/v3/sync?timeout=0', bob.token);
  const latencies = [];
  for (let n = 0; n < 200; n++) {
    const waiting = sync(since);
    await new Promise((resolve) => setTimeout(resolve, 20)); // let it be parked
    const sentAt = performance.now();
    const { event_id: eventId } = await client.send(alice.token, room, `k${n}`);
    let answer = await waiting;
    const has = () => answer.rooms?.join?.[room]?.timeline?.events?.some((event) => event.event_id === eventId);
    while (!has()) answer = await sync(answer.next_batch);
    latencies.push(performance.now() - sentAt);
    since = answer.next_batch;
  }
  latencies.sort((a, b) => a - b);
  return { p50: latencies[100], p95: latencies[190] };
}
