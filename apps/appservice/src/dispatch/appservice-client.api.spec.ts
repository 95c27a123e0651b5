import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { systemTimers } from '@ganglion/event-store';
import { FixedClock } from '@ganglion/kernel';
import { hang, ok, Receiver, reset, status } from '../testing/receiver.fixture.js';
import { AppserviceClient, type Target } from './appservice-client.http.js';

const TXN = { txnId: 'gen-1', body: Buffer.from('{"events":[]}') };

describe('handing a transaction over by HTTP', () => {
  let receiver: Receiver;
  let target: Target;
  let clients: AppserviceClient[];
  let clock: FixedClock;

  beforeEach(async () => {
    receiver = await Receiver.open();
    target = { url: receiver.url, hsToken: 'H1' };
    clients = [];
    clock = new FixedClock();
  });
  afterEach(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await receiver.close();
  });

  const client = (timeoutMs = 10_000) => {
    const made = new AppserviceClient({
      target: () => target,
      timeoutMs,
      userAgent: 'Ganglion',
      clock,
      timers: systemTimers,
    });
    clients.push(made);
    return made;
  };
  const send = (timeoutMs?: number) => client(timeoutMs).send(TXN, new AbortController().signal);

  it('puts it where the specification says, with our token in the header and nowhere else', async () => {
    expect(await send()).toEqual({ ok: true });
    const [request] = receiver.requests;
    expect(request).toMatchObject({
      method: 'PUT',
      path: '/_matrix/app/v1/transactions/gen-1',
      text: '{"events":[]}',
      headers: {
        authorization: 'Bearer H1',
        'content-type': 'application/json',
        'content-length': '13',
        'user-agent': 'Ganglion',
      },
    });
  });

  it('AS-008 puts the path of the URL before it, without a double slash', async () => {
    target = { ...target, url: `${receiver.url}/base` };
    await send();
    expect(receiver.requests[0]!.path).toBe('/base/_matrix/app/v1/transactions/gen-1');
  });

  it('AS-150 takes no redirect', async () => {
    const other = await Receiver.open();
    receiver.answer = status(302, '', { location: other.url });
    expect(await send()).toMatchObject({ class: 'redirect' });
    expect(other.requests).toEqual([]);
    await other.close();
  });

  it('AS-150 hears how long to wait', async () => {
    receiver.answer = status(429, '{}', { 'retry-after': '20' });
    expect(await send()).toMatchObject({ class: 'throttled', retryAfterMs: 20_000 });
  });

  it('AS-156 finds an appservice that knows the old path only, and asks the new one again after an hour', async () => {
    receiver.answer = (response, request) =>
      (request.path.startsWith('/_matrix') ? status(404) : ok)(response, request);
    const one = client();
    const stop = new AbortController().signal;
    const paths = async () => {
      receiver.requests.length = 0;
      expect(await one.send(TXN, stop)).toEqual({ ok: true });
      return receiver.requests.map(({ path }) => path);
    };
    const [current, old] = ['/_matrix/app/v1/transactions/gen-1', '/transactions/gen-1'];
    expect(await paths()).toEqual([current, old]);
    expect(await paths()).toEqual([old]);
    clock.advance(3_600_000);
    expect(await paths()).toEqual([current, old]);
  });

  it('AS-156 says that neither path is known', async () => {
    receiver.answer = status(404);
    expect(await send()).toMatchObject({ class: 'unknown_route' });
    expect(receiver.requests).toHaveLength(2);
  });

  it('AS-157 never tries the old path after an error of the server', async () => {
    receiver.answer = status(500);
    expect(await send()).toMatchObject({ class: 'server_error' });
    expect(receiver.requests).toHaveLength(1);
  });

  it('AS-152 gives up on an appservice that never answers', async () => {
    receiver.answer = hang;
    expect(await send(50)).toMatchObject({ class: 'timeout' });
  });

  it('AS-152 gives up on one that never ends its answer', async () => {
    receiver.answer = (response) => void response.writeHead(200).write('{');
    expect(await send(50)).toMatchObject({ class: 'timeout' });
  });

  it('tells a connection that broke', async () => {
    receiver.answer = reset;
    expect(await send()).toMatchObject({ class: 'connect' });
  });

  it('tells that nobody listens', async () => {
    const gone = await Receiver.open();
    target = { ...target, url: gone.url };
    await gone.close();
    expect(await send()).toMatchObject({ class: 'connect', detail: 'ECONNREFUSED' });
  });

  it('tells what is no HTTP', async () => {
    const server: Server = createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n', () => socket.destroy()));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    target = { ...target, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    expect(await send()).toMatchObject({ class: 'connect' });
    await new Promise((resolve) => server.close(resolve));
  });

  it('tells a host that does not exist', async () => {
    target = { ...target, url: 'http://nowhere.invalid' };
    expect(await send()).toMatchObject({ class: 'connect' });
  });

  it('reads no more than a little of an answer without end, and serves the next one on a new connection', async () => {
    let sentBytes = 0;
    receiver.answer = (response) => {
      response.writeHead(200);
      const more = () => {
        if (response.destroyed) return;
        sentBytes += 65_536;
        response.write(Buffer.alloc(65_536, 0x20), more);
      };
      more();
    };
    const one = client();
    const stop = new AbortController().signal;
    expect(await one.send(TXN, stop)).toMatchObject({ class: 'bad_body' });
    expect(sentBytes).toBeLessThan(16 * 1_048_576);
    receiver.answer = ok;
    expect(await one.send(TXN, stop)).toEqual({ ok: true });
  });

  it('goes where the registration says now', async () => {
    const one = client();
    const other = await Receiver.open();
    const stop = new AbortController().signal;
    await one.send(TXN, stop);
    target = { url: other.url, hsToken: 'H2' };
    await one.send(TXN, stop);
    expect(other.requests[0]!.headers.authorization).toBe('Bearer H2');
    expect(receiver.requests).toHaveLength(1);
    await other.close();
  });

  it('survives a keep-alive connection that the appservice has closed meanwhile', async () => {
    const sockets: { destroy(): void }[] = [];
    receiver.answer = (response, request) => {
      sockets.push(response.socket!);
      ok(response, request);
    };
    const one = client();
    const stop = new AbortController().signal;
    await one.send(TXN, stop);
    sockets[0]!.destroy();
    // A round trip through the kernel, after which our side has seen the end of the connection.
    await new Promise<void>((resolve) => {
      const probe = connect(Number(new URL(receiver.url).port), '127.0.0.1', () => probe.end(resolve));
    });
    await new Promise(setImmediate);
    expect(await one.send(TXN, stop)).toEqual({ ok: true });
  });

  it('ends early when told to', async () => {
    receiver.answer = hang;
    const stop = new AbortController();
    const sent = client().send(TXN, stop.signal);
    await receiver.until(() => receiver.requests.length === 1);
    stop.abort();
    expect(await sent).toMatchObject({ ok: false, class: 'connect' });
  });
});
