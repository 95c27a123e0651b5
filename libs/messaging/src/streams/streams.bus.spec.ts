import { headers as names, subjects } from '@ganglion/contracts';
import { AckPolicy, DeliverPolicy, JetStreamApiError } from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';
import type { Bus } from '../bus/bus.js';
import { FramePublisherJs } from '../frames/frame-publisher.js';
import { TestDeployment } from '../testing/deployment.fixture.js';
import { ensureStreams } from './ensure-streams.js';
import { PublicEventPublisher } from './public-event-publisher.js';
import { STREAMS, streamName } from './streams.js';

const deployment = new TestDeployment();
afterAll(() => deployment.close());

const configs = async () => {
  const jsm = await (await deployment.bus()).jsm();
  const found = await Promise.all(
    STREAMS.map(async ({ name }) => (await jsm.streams.info(`${deployment.prefix}_${name}`)).config),
  );
  return new Map(found.map((config) => [config.name.slice(deployment.prefix.length + 1), config]));
};

describe('ensureStreams', () => {
  it('makes every stream of the table, however many processes do it at once and how often', async () => {
    const buses = await Promise.all([1, 2, 3].map(() => deployment.bus()));
    await Promise.all(buses.map((bus) => ensureStreams(bus, { replicas: 1 })));
    await ensureStreams(buses[0]!, { replicas: 1 });
    const made = await configs();
    expect([...made.keys()].sort()).toEqual([
      'DLQ',
      'EVT_ACCOUNTING',
      'EVT_APPSERVICE',
      'EVT_AUTH',
      'EVT_MODERATION',
      'EVT_ROOMS',
      'PUB_ACCOUNTING',
      'PUB_APPSERVICE',
      'PUB_AUTH',
      'PUB_MODERATION',
    ]);
    expect(made.get('EVT_ROOMS')).toMatchObject({
      subjects: [`${deployment.prefix}.evt.rooms.*`],
      storage: 'file',
      discard: 'old',
      max_age: nanos(72 * 3_600_000),
      duplicate_window: nanos(120_000),
      num_replicas: 1,
    });
    expect(made.get('PUB_MODERATION')).toMatchObject({
      subjects: [`${deployment.prefix}.moderation.>`],
      max_age: nanos(30 * 24 * 3_600_000),
    });
  });

  it('brings a stream back to its configuration and keeps what it holds', async () => {
    const bus = await deployment.bus();
    await ensureStreams(bus, { replicas: 1 });
    const jsm = await bus.jsm();
    const name = streamName(bus.prefix, 'DLQ');
    await jsm.streams.update(name, { max_age: nanos(600_000) });
    await bus.js.publish(bus.subject('dlq.rooms'), 'x');
    await ensureStreams(bus, { replicas: 1 });
    const { config, state } = await jsm.streams.info(name);
    expect(config.max_age).toBe(nanos(30 * 24 * 3_600_000));
    expect(state.messages).toBe(1);
  });

  it('does not hide that replicas need a cluster', async () => {
    const bus = await deployment.bus({ prefix: `${deployment.prefix}_r3` });
    await expect(ensureStreams(bus, { replicas: 3 }, ['DLQ'])).rejects.toThrow(/replicas/);
  });
});

/** Everything a stream holds, oldest first. */
async function stored(stream: string) {
  const bus = await deployment.bus();
  const name = streamName(bus.prefix, stream);
  const jsm = await bus.jsm();
  const { state } = await jsm.streams.info(name);
  const { name: consumer } = await jsm.consumers.add(name, {
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.All,
  });
  const messages = [];
  for (let left = state.messages; left > 0; left--)
    messages.push(await (await bus.js.consumers.get(name, consumer)).next());
  return messages.map((message) => message!);
}

describe('FramePublisherJs', () => {
  it('makes one message of a frame, recognised when it comes twice, with what a reader decides by', async () => {
    const bus = await deployment.bus();
    await ensureStreams(bus, { replicas: 1 });
    const publisher = new FramePublisherJs(bus, 'auth', 'auth');
    const frame = { logId: 'l1', from: 1, to: 3, types: ['a.b', 'c.d'], body: '{"events":[]}' };
    await publisher.publish(frame);
    await publisher.publish(frame);
    await publisher.publish(frame);
    const [message, again, ...rest] = await stored('EVT_AUTH');
    expect(message!.subject).toBe(bus.subject(subjects.frames('auth', 'auth')));
    expect(message!.string()).toBe('{"events":[]}');
    const header = (name: string) => message!.headers!.get(name);
    expect([names.logId, names.from, names.to, names.types].map(header)).toEqual(['l1', '1', '3', 'a.b,c.d']);
    expect(header('Nats-Msg-Id')).toBe('l1.1');
    // The second publication could have been a longer frame from the same position; the third is known to be none.
    expect(again!.headers!.get('Nats-Msg-Id')).toBe('l1.1-3');
    expect(rest).toEqual([]);
  });

  it('gets a longer frame from the same position through, as after a restart', async () => {
    const publisher = new FramePublisherJs(await deployment.bus(), 'moderation', 'moderation');
    await publisher.publish({ logId: 'l1', from: 1, to: 1, types: ['x'], body: 'short' });
    await publisher.publish({ logId: 'l1', from: 1, to: 9, types: ['x'], body: 'long' });
    expect((await stored('EVT_MODERATION')).map((message) => message.string())).toEqual(['short', 'long']);
  });

  it('says of an event larger than a message only that it is there', async () => {
    const publisher = new FramePublisherJs(await deployment.bus(), 'rooms', 'rooms');
    await publisher.publish({ logId: 'l1', from: 1, to: 1, types: ['x'], body: Buffer.alloc(512 * 1_024, 'x') });
    await publisher.publish({ logId: 'l1', from: 2, to: 2, types: ['x'], body: Buffer.alloc(2 * 1_024 * 1_024, 'x') });
    const messages = await stored('EVT_ROOMS');
    expect(messages.map(({ data, headers }) => [data.length, headers!.get('omitted')])).toEqual([
      [512 * 1_024, ''],
      [0, 'true'],
    ]);
  });

  it('makes its stream again when somebody has deleted it', async () => {
    const bus = await deployment.bus();
    await ensureStreams(bus, { replicas: 1 });
    const publisher = new FramePublisherJs(bus, 'accounting', 'accounting');
    await (await bus.jsm()).streams.delete(streamName(bus.prefix, 'EVT_ACCOUNTING'));
    await publisher.publish({ logId: 'l1', from: 1, to: 1, types: ['x'], body: 'one' });
    expect(await stored('EVT_ACCOUNTING')).toHaveLength(1);
  });

  it('does not make its stream again before the files of the deleted one are gone', async () => {
    const [bus, other] = [await deployment.bus(), await deployment.bus()];
    await ensureStreams(bus, { replicas: 1 });
    const publisher = new FramePublisherJs(bus, 'accounting', 'accounting');
    const jsm = await other.jsm();
    const publish = (from: number) => publisher.publish({ logId: 'l3', from, to: from, types: ['x'], body: `${from}` });
    for (let round = 1; round <= 30; round += 3) {
      await publish(round);
      const deletion = jsm.streams.delete(streamName(bus.prefix, 'EVT_ACCOUNTING'));
      await publish(round + 1);
      await deletion;
      await publish(round + 2);
    }
    expect((await stored('EVT_ACCOUNTING')).at(-1)!.string()).toBe('30');
    expect(deployment.problems.filter(({ problem }) => problem === 'streams')).toEqual([]);
  });

  const refuseOnce = (bus: Bus, description: string) =>
    jest
      .spyOn(bus.js, 'publish')
      .mockRejectedValueOnce(new JetStreamApiError({ code: 503, err_code: 10_077, description }));

  it('makes its stream anew when the files of it have vanished, and says so', async () => {
    const bus = await deployment.bus();
    await ensureStreams(bus, { replicas: 1 });
    const publisher = new FramePublisherJs(bus, 'appservice', 'appservice');
    await publisher.publish({ logId: 'l1', from: 1, to: 1, types: ['x'], body: 'one' });
    // What nats-server answers from then on, for ever.
    refuseOnce(bus, 'error opening msg block file ["1.blk"]: open 1.blk: no such file or directory');
    await publisher.publish({ logId: 'l1', from: 2, to: 2, types: ['x'], body: 'two' });
    expect((await stored('EVT_APPSERVICE')).map((message) => message.string())).toEqual(['two']);
    expect(deployment.problems).toContainEqual(
      expect.objectContaining({ problem: 'streams', message: expect.stringContaining('EVT_APPSERVICE') }),
    );
  });

  it('keeps its stream when the disk is full', async () => {
    const bus = await deployment.bus();
    await ensureStreams(bus, { replicas: 1 });
    const publisher = new FramePublisherJs(bus, 'auth', 'full');
    await publisher.publish({ logId: 'l2', from: 1, to: 1, types: ['x'], body: 'one' });
    const before = (await stored('EVT_AUTH')).length;
    refuseOnce(bus, 'write 1.blk: no space left on device');
    const second = publisher.publish({ logId: 'l2', from: 2, to: 2, types: ['x'], body: 'two' });
    await expect(second).rejects.toThrow('no space left');
    expect(await stored('EVT_AUTH')).toHaveLength(before);
  });
});

describe('PublicEventPublisher', () => {
  it('stores one message per event, once, in the stream of its domain, even when that was deleted', async () => {
    const bus = await deployment.bus();
    await ensureStreams(bus, { replicas: 1 });
    await (await bus.jsm()).streams.delete(streamName(bus.prefix, 'PUB_MODERATION'));
    const publisher = new PublicEventPublisher(bus);
    const subject = subjects.publicEvent('moderation', 'report.closed', '@a:x');
    await publisher.publish(subject, 'e1', { n: 1 });
    await publisher.publish(subject, 'e1', { n: 1 });
    await publisher.publish(subject, 'e2', { n: 2 });
    const messages = await stored('PUB_MODERATION');
    expect(messages.map((message) => message.json())).toEqual([{ n: 1 }, { n: 2 }]);
    expect(messages[0]!.subject).toBe(`${deployment.prefix}.moderation.report.closed.QGE6eA`);
  });
});
