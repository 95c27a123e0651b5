import { systemClock } from '@ganglion/kernel';
import { Controller } from '@nestjs/common';
import { OnCommand, OnQuery } from '../rpc/patterns.js';
import { RpcClient } from '../rpc/rpc-client.js';
import { TestDeployment, until } from '../testing/deployment.fixture.js';
import { startService } from '../testing/nest.fixture.js';
import { NoResponders } from '../wire/errors.js';
import { Bus, type BusProblem } from './bus.js';

const deployment = new TestDeployment();
afterAll(() => deployment.close());

describe('Bus', () => {
  it('keeps deployments apart', async () => {
    const [ours, theirs] = [await deployment.bus(), await deployment.bus({ prefix: `${deployment.prefix}-2` })];
    const heard: string[] = [];
    const before = deployment.problems.length;
    theirs.listen('x', () => heard.push('theirs'));
    ours.listen('x', () => heard.push('ours'));
    await theirs.flush();
    ours.publishJson('x', 1);
    await until(() => heard.length > 0);
    await theirs.flush();
    expect(heard).toEqual(['ours']);
    expect(deployment.problems.slice(before)).toEqual([]);
    expect(ours.local(ours.subject('x'))).toBe('x');
  });

  it('asks and answers', async () => {
    const bus = await deployment.bus();
    const end = bus.serve('double', async (n) => (n as number) * 2);
    expect(await bus.request('double', 21, 1_000)).toBe(42);
    end();
    await expect(bus.request('double', 21, 1_000)).rejects.toThrow(NoResponders);
  });

  it('answers nothing when the one who should answer fails, and says so', async () => {
    const bus = await deployment.bus();
    bus.serve('bad', () => Promise.reject(new Error('no idea')));
    await expect(bus.request('bad', 1, 50)).rejects.toThrow(/timeout/);
    expect(deployment.problems).toContainEqual({ problem: 'handler', message: expect.stringContaining('no idea') });
  });

  it('goes on when a handler throws', async () => {
    const bus = await deployment.bus();
    const heard: unknown[] = [];
    bus.listen('odd', (body) => {
      heard.push(body);
      throw new Error('cannot bear it');
    });
    bus.publish('odd', 'no json');
    bus.publishJson('odd', 1);
    bus.publishJson('odd', 2);
    await until(() => heard.length === 2);
    expect(heard).toEqual([1, 2]);
  });

  it('waits for a server that is not there yet, and says so', async () => {
    const { bus, cut, restore } = await deployment.cuttable();
    cut();
    await until(() => !bus.connected);
    const problems: BusProblem[] = [];
    const giveUp = new AbortController();
    const report = (problem: BusProblem) => void problems.push(problem);
    const nowhere = Bus.connect({ url: 'nats://127.0.0.1:1', name: 'n', report, signal: giveUp.signal });
    await until(() => problems.length >= 2);
    giveUp.abort();
    await expect(nowhere).rejects.toThrow();
    expect(problems[0]).toMatchObject({ problem: 'waiting' });
    restore();
    await until(() => bus.connected);
  });

  it('refuses a URL that is none', async () => {
    await expect(Bus.connect({ url: 'http://x', name: 'n', report: () => undefined })).rejects.toThrow(/NATS URL/);
  });

  it('says when it has lost the server and when it is back; subscriptions come back', async () => {
    const { bus, cut, restore } = await deployment.cuttable();
    const seen: string[] = [];
    bus.onDisconnect(() => seen.push('down'));
    bus.onReconnect(() => seen.push('up'));
    const heard: unknown[] = [];
    bus.listen('news', (body) => heard.push(body));
    cut();
    await until(() => seen.includes('down'));
    expect(bus.connected).toBe(false);
    bus.publishJson('news', 'lost, without harm');
    restore();
    await until(() => seen.includes('up'));
    expect(bus.connected).toBe(true);
    await bus.flush();
    (await deployment.bus()).publishJson('news', 'heard');
    await until(() => heard.includes('heard'));
    expect(seen).toEqual(['down', 'up']);
  });
});

describe('a call while the connection is cut', () => {
  const serving = async () => {
    const waiting: ((value: string) => void)[] = [];
    @Controller()
    class Slow {
      @OnQuery('slow')
      slow() {
        return new Promise<string>((resolve) => waiting.push(resolve));
      }
      @OnCommand('slow')
      slowCommand() {
        return this.slow();
      }
    }
    const service = await startService({ bus: await deployment.bus(), service: 'auth' }, [Slow]);
    return { service, waiting };
  };

  it('is sent once the connection is back', async () => {
    const { service, waiting } = await serving();
    const { bus, cut, restore } = await deployment.cuttable();
    const rpc = new RpcClient({ bus, clock: systemClock });
    cut();
    await until(() => !bus.connected);
    const call = rpc.command('auth', 1, 'slow', {});
    restore();
    await until(() => waiting.length === 1);
    waiting[0]!('answer');
    expect(await call).toBe('answer');
    await service.app.close();
  });

  it('is asked again when it is a query whose answer may have been lost', async () => {
    const { service, waiting } = await serving();
    const { bus, cut, restore } = await deployment.cuttable();
    const rpc = new RpcClient({ bus, clock: systemClock });
    const call = rpc.query('auth', 'slow', {});
    await until(() => waiting.length === 1);
    cut();
    waiting[0]!('lost');
    await until(() => !bus.connected);
    restore();
    await until(() => waiting.length === 2);
    waiting[1]!('second answer');
    expect(await call).toBe('second answer');
    await service.app.close();
  });

  it('is never executed twice when it is a command', async () => {
    const { service, waiting } = await serving();
    const { bus, cut, restore } = await deployment.cuttable();
    const rpc = new RpcClient({ bus, clock: systemClock });
    const call = rpc.command('auth', 1, 'slow', {}, { budgetMs: 1_500 });
    await until(() => waiting.length === 1);
    cut();
    waiting[0]!('lost');
    await until(() => !bus.connected);
    restore();
    await expect(call).rejects.toMatchObject({ status: 504 });
    expect(waiting).toHaveLength(1);
    await service.app.close();
  });

  it('is 503 when the connection does not come back in time, or has been closed', async () => {
    const { bus, cut } = await deployment.cuttable();
    const rpc = new RpcClient({ bus, clock: systemClock });
    cut();
    await until(() => !bus.connected);
    await expect(rpc.query('auth', 'slow', {}, { budgetMs: 100 })).rejects.toMatchObject({ status: 503 });
    const waiting = rpc.query('auth', 'slow', {});
    await Promise.all([expect(waiting).rejects.toMatchObject({ status: 503 }), bus.close()]);
    await expect(rpc.query('auth', 'slow', {})).rejects.toMatchObject({ status: 503 });
  });
});
