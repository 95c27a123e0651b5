import { systemClock } from '@ganglion/kernel';
import { headers as newHeaders } from '@nats-io/nats-core';
import { Controller } from '@nestjs/common';
import { Bus } from '../bus/bus.js';
import { OnCommand, OnQuery } from '../rpc/patterns.js';
import { RpcClient } from '../rpc/rpc-client.js';
import { TestDeployment, until } from '../testing/deployment.fixture.js';
import { startService, type TestService } from '../testing/nest.fixture.js';
import { MAX_TRANSFER_BYTES } from './assembly.js';

const MIB = 1_024 * 1_024;
const text = (sizeBytes: number, seed = 0) =>
  Array.from({ length: sizeBytes / 8 }, (_, i) => String((i + seed) % 9e7).padStart(8, '-')).join('');

const served = new Map<string, number>();
const kept: unknown[] = [];

const deployment = new TestDeployment();
let rpc: RpcClient;
let client: Bus;
const instances: TestService[] = [];

beforeAll(async () => {
  client = await deployment.bus();
  rpc = new RpcClient({ bus: client, clock: systemClock });
  for (const name of ['a', 'b']) {
    @Controller()
    class Large {
      @OnQuery('make')
      make({ sizeBytes }: { sizeBytes: number }) {
        return text(sizeBytes);
      }
      @OnQuery('huge')
      huge() {
        return 'x'.repeat(MAX_TRANSFER_BYTES);
      }
      @OnQuery('size')
      size(body: string) {
        served.set(name, (served.get(name) ?? 0) + 1);
        return body.length;
      }
      @OnCommand('echo')
      echo(body: unknown) {
        return body;
      }
      @OnCommand('keep')
      keep(body: unknown) {
        kept.push(body);
      }
    }
    instances.push(await startService({ bus: await deployment.bus(), service: 'rooms' }, [Large]));
  }
});
afterAll(async () => {
  await Promise.all(instances.map(({ app }) => app.close()));
  await deployment.close();
});

describe('a payload that is too large for one message', () => {
  it('crosses as an answer of 3 MB', async () => {
    expect(await rpc.query('rooms', 'make', { sizeBytes: 3 * MIB })).toBe(text(3 * MIB));
  });

  it('crosses as a request of 3 MB, and both at once', async () => {
    const body = { a: text(3 * MIB, 5) };
    expect(await rpc.command('rooms', 1, 'echo', body)).toEqual(body);
  });

  it('goes to one instance as a whole, whichever it is', async () => {
    const sizes = Array.from({ length: 24 }, (_, i) => MIB + 8 * i);
    const lengths = await Promise.all(sizes.map((size) => rpc.query('rooms', 'size', text(size))));
    expect(lengths).toEqual(sizes);
    expect([...served.keys()].sort()).toEqual(['a', 'b']);
  });

  it('crosses without an answer', async () => {
    const body = text(MIB);
    rpc.tell('rooms', 1, 'keep', body);
    await until(() => kept.length === 1);
    expect(kept).toEqual([body]);
  });

  it.each([512 * 1_024 - 2, 512 * 1_024 - 1])('crosses at the edge of one message (%i)', async (length) => {
    const body = 'x'.repeat(length);
    expect(await rpc.command('rooms', 1, 'echo', body)).toBe(body);
  });

  it('is refused above 64 MB: a request as too large, an answer as a fault of its maker', async () => {
    await expect(rpc.command('rooms', 1, 'keep', 'x'.repeat(MAX_TRANSFER_BYTES))).rejects.toMatchObject({
      status: 413,
      body: { errcode: 'M_TOO_LARGE' },
    });
    await expect(rpc.query('rooms', 'huge', {})).rejects.toMatchObject({ status: 500 });
  });

  it('is not accepted from somebody who announces more than that', async () => {
    const inbox = client.newInbox();
    const status = new Promise<string>((resolve) => {
      client.subscribeTo(inbox, ({ headers }) => resolve(headers!.get('err-status')));
    });
    const headers = newHeaders();
    headers.append('op', 'keep');
    headers.append('transfer', `1 ${MAX_TRANSFER_BYTES + 1} ${client.newInbox()}`);
    client.publish('cmd.rooms.1', '', headers, inbox);
    expect(await status).toBe('413');
  });
});

describe('a service that stops', () => {
  it('first has its large answers pulled', async () => {
    let stopping: Promise<void> | undefined;
    const bus = await deployment.bus();
    @Controller()
    class Large {
      @OnQuery('make')
      make() {
        stopping = service.app.close().then(() => bus.close());
        return text(8 * MIB);
      }
    }
    const service = await startService({ bus, service: 'moderation' }, [Large]);
    expect(await rpc.query('moderation', 'make', {})).toBe(text(8 * MIB));
    await stopping;
  });
});

describe('a chunk that gets lost', () => {
  /** Loses the n-th chunk that this process sends or gets. */
  const losing = async (lost: number) => {
    const bus = await deployment.bus();
    let seen = 0;
    const publishTo = bus.publishTo.bind(bus);
    bus.publishTo = (subject, ...rest) => {
      if (!subject.includes('.chunk.') || seen++ !== lost) publishTo(subject, ...rest);
    };
    return bus;
  };

  it('of a request ends the call by its deadline, never with a wrong body', async () => {
    const lossy = new RpcClient({ bus: await losing(2), clock: systemClock });
    const call = lossy.command('rooms', 1, 'keep', text(2 * MIB), { budgetMs: 400 });
    await expect(call).rejects.toMatchObject({ status: 504 });
    expect(kept).toHaveLength(1);
  });

  it('of an answer ends the call by its deadline, and the service lets go of it', async () => {
    @Controller()
    class Large {
      @OnQuery('make')
      make() {
        return text(2 * MIB);
      }
    }
    const service = await startService({ bus: await losing(3), service: 'auth' }, [Large]);
    await expect(rpc.query('auth', 'make', {}, { budgetMs: 400 })).rejects.toMatchObject({ status: 504 });
    await service.app.close();
    expect(service.server.load().inFlight).toBe(0);
  });
});
