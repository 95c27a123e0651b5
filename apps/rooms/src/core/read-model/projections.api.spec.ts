import type { ParkedEvent } from '@ganglion/event-store';
import {
  hasEnded,
  type HealthReport,
  type JobStarted,
  type ProjectionJob,
  type ProjectionRequests,
  type ProjectionStatus,
} from '@ganglion/service';
import { eventually } from '@ganglion/testing';
import { must, RoomsUnderTest } from '../../rooms.fixture.js';

const READ_MODEL = 'rooms.read-model';
/** A bug of one kind of event. */
const BUG = `
  create function bug() returns trigger language plpgsql as $$ begin raise exception 'cannot store %', new.event_id; end $$;
  create trigger bug before insert on room_event for each row when (new.pdu like '%poison%') execute function bug()`;

describe('projections of rooms, as an operator sees them', () => {
  let rooms: RoomsUnderTest;

  beforeEach(async () => (rooms = await RoomsUnderTest.start()));
  afterEach(() => rooms.stop());

  async function each<Name extends keyof ProjectionRequests>(name: Name, body: ProjectionRequests[Name]['ask']) {
    type Answer = ProjectionRequests[Name]['answer'];
    const enough = (answer: Answer) => answer !== null;
    const answers = await rooms.deployment.rpc.each<Answer>('rooms', name, body, { expectMs: 5_000, enough });
    return answers.find(enough) ?? null;
  }
  const list = async (): Promise<ProjectionStatus[]> => (await each('projections.list', {}))!;
  const status = async (name: string) => (await list()).find((one) => one.name === name)!;
  async function ended(started: JobStarted | null): Promise<ProjectionJob> {
    const { id } = started as { id: string };
    return eventually(async () => {
      const job = await each('projections.job', { id });
      if (!job || !hasEnded(job)) throw new Error('it still runs');
      return job;
    });
  }
  const rebuild = async (name: string, replace = false) => ended(await each('projections.rebuild', { name, replace }));
  const retry = async (which: { stream?: string; pos?: number } = {}) =>
    ended(await each('projections.retry', { name: READ_MODEL, ...which }));
  const parked = () =>
    rooms.deployment.rpc.query<ParkedEvent[]>('rooms', 'projections.parked', { name: null, limit: 100 });
  const applied = (name: string) =>
    eventually(async () => {
      const { position, head } = await status(name);
      if (position !== head) throw new Error(`${name} stands at ${position}, the log at ${head}`);
    });

  it('are listed by the process that runs them, and by no other', async () => {
    const answers = await rooms.deployment.rpc.each<ProjectionStatus[] | null>(
      'rooms',
      'projections.list',
      {},
      { expectMs: 2_000 },
    );
    expect(answers.filter((answer) => answer !== null)).toHaveLength(1);
    await rooms.user('alice');
    await applied('rooms.profiles');
    expect(await list()).toMatchObject([
      { name: READ_MODEL, service: 'rooms', source: 'rooms', parks: true, parked: 0, neverRebuilt: null, job: null },
      { name: 'rooms.profiles', source: 'auth', position: 1, head: 1, tables: ['profile'] },
    ]);
  });

  it('are rebuilt while people talk, and are what they were', async () => {
    const [alice, bob] = [await rooms.user('alice'), await rooms.user('bob')];
    const roomId = await rooms.room(alice, { preset: 'public_chat', room_alias_name: 'a', invite: ['@carol:test'] });
    await rooms.join(bob, roomId);
    const named = await rooms.setState(alice, roomId, 'm.room.name', { name: 'One' });
    const said = await rooms.say(bob, roomId, 'hello');
    for (const redacts of [said, named]) {
      const params = { roomId, eventType: 'm.room.redaction', txnId: redacts };
      must(await rooms.call('sendEvent', { requester: alice, params, body: { redacts } }));
    }
    await rooms.leave(bob, roomId);
    let talking = true;
    const talk = (async () => {
      while (talking) await rooms.say(alice, roomId, 'and then');
    })();
    const job = await rebuild(READ_MODEL);
    talking = false;
    await talk;
    expect(job).toMatchObject({ kind: 'rebuild', problem: null, report: { outcome: 'switched' } });
    expect((await rebuild('rooms.profiles')).report).toMatchObject({ outcome: 'switched', position: 2 });
    // What was written meanwhile is there too: another rebuild finds the same.
    expect((await rebuild(READ_MODEL)).report).toMatchObject({ outcome: 'switched' });
    must(await rooms.messages(alice, roomId, { dir: 'b' }));
    expect(await rooms.query(`select nspname from pg_namespace where nspname like 'rebuild%'`)).toEqual([]);
  });

  it('are not replaced when they differ, unless one says so', async () => {
    const alice = await rooms.user('alice');
    const roomId = await rooms.room(alice);
    await applied(READ_MODEL);
    await rooms.query(`update membership set membership = 'leave'`);
    const { report } = await rebuild(READ_MODEL);
    expect(report).toMatchObject({ outcome: 'refused' });
    expect(report).toMatchObject({
      tables: expect.arrayContaining([
        expect.objectContaining({
          table: 'membership',
          equal: false,
          samples: [{ key: { user_id: '@alice:test', room_id: roomId }, in: 'both', columns: ['membership'] }],
        }),
      ]),
    });
    expect(await rooms.query('select membership from membership')).toEqual([{ membership: 'leave' }]);
    expect((await rebuild(READ_MODEL, true)).report).toMatchObject({ outcome: 'switched' });
    expect(await rooms.query('select membership from membership')).toEqual([{ membership: 'join' }]);
  });

  it('park what they cannot store: its room waits, others go on, somebody is told, and a retry makes it good', async () => {
    const alice = await rooms.user('alice');
    const [sick, well] = [await rooms.room(alice), await rooms.room(alice)];
    await applied(READ_MODEL);
    await rooms.query(BUG);
    await rooms.say(alice, sick, 'poison');
    await rooms.say(alice, sick, 'behind it');
    await rooms.say(alice, well, 'another room');
    await applied(READ_MODEL);
    const texts = async (roomId: string) =>
      (
        must(await rooms.messages(alice, roomId, { dir: 'b', limit: '2' })).body['chunk'] as {
          content: { body?: string };
        }[]
      )
        .map(({ content }) => content.body)
        .filter((text) => text !== undefined);
    expect(await texts(well)).toEqual(['another room']);
    expect(await texts(sick)).toEqual([]);
    const [first, second] = await parked();
    expect(first).toMatchObject({ reader: READ_MODEL, type: 'event.persisted', attempts: 3 });
    expect(first!.error).toContain('cannot store $');
    expect(second).toMatchObject({ stream: first!.stream, pos: first!.pos + 1, error: null, attempts: 0 });
    expect(await status(READ_MODEL)).toMatchObject({ parked: 2 });

    const health = (await rooms.deployment.bus.request('each.rooms.health', {}, 5_000)) as HealthReport;
    expect(health).toMatchObject({ ready: true, problems: [`2 events parked by ${READ_MODEL}`] });
    const metrics = (await rooms.deployment.bus.request('each.rooms.metrics', {}, 5_000)) as { text: string };
    expect(metrics.text).toContain(`ganglion_projection_parked{reader="${READ_MODEL}",service="rooms"} 2`);

    expect(await retry()).toMatchObject({
      report: { applied: 0, failed: [{ stream: first!.stream, pos: first!.pos }] },
    });
    await rooms.query('drop function bug cascade');
    expect((await retry({ pos: second!.pos })).problem).toContain('waits behind the one at');
    expect(await retry({ stream: first!.stream })).toMatchObject({ problem: null, report: { applied: 2, failed: [] } });
    expect(await texts(sick)).toEqual(['behind it', 'poison']);
    expect((await rebuild(READ_MODEL)).report).toMatchObject({ outcome: 'switched', parked: { live: 0, rebuilt: 0 } });
  });

  it('of other services are nobody’s here; nothing is parked where nothing parks', async () => {
    const answers = await rooms.deployment.rpc.each(
      'rooms',
      'projections.rebuild',
      { name: 'auth.x' },
      { expectMs: 1_000 },
    );
    expect(answers.every((answer) => answer === null)).toBe(true);
    expect(await parked()).toEqual([]);
  });
});
