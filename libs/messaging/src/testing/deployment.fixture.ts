import { createInbox } from '@nats-io/nats-core';
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { Bus, type BusOptions, type BusProblem } from '../bus/bus.js';
import { parseBusUrl } from '../bus/bus-url.js';

// Real servers on a machine that may be busy: conditions are waited for, but not for ever.
jest.setTimeout(60_000);

function natsUrl(): string {
  const url = process.env['GANGLION_TEST_NATS_URL'];
  if (!url) throw new Error('GANGLION_TEST_NATS_URL is not set: run through npm test');
  return url;
}

/** A deployment of its own on the test server: other test files neither see nor disturb it. */
export class TestDeployment {
  readonly prefix = `test-${createInbox().slice('_INBOX.'.length)}`;
  readonly problems: BusProblem[] = [];
  private readonly buses: Bus[] = [];
  private readonly cleanups: (() => Promise<void>)[] = [];

  async bus(options: Partial<BusOptions> = {}): Promise<Bus> {
    const report = (problem: BusProblem) => void this.problems.push(problem);
    const { prefix } = this;
    const bus = await Bus.connect({ url: natsUrl(), prefix, name: `test-${this.buses.length}`, report, ...options });
    this.buses.push(bus);
    return bus;
  }

  /** A connection that can be cut. */
  async cuttable(): Promise<{ bus: Bus; cut: () => void; restore: () => void }> {
    const line = await openLine();
    this.cleanups.push(line.close);
    const bus = await this.bus({ url: line.url });
    return { bus, cut: line.cut, restore: line.restore };
  }

  /** Deletes every stream of this deployment. */
  async deleteStreams(): Promise<void> {
    const bus = await this.bus();
    const jsm = await bus.jsm();
    for await (const { config } of jsm.streams.list()) {
      if (config.name.startsWith(`${this.prefix}_`)) await jsm.streams.delete(config.name);
    }
  }

  async close(): Promise<void> {
    await this.deleteStreams();
    await Promise.all(this.buses.map((bus) => bus.close()));
    for (const cleanup of this.cleanups) await cleanup();
  }
}

/** Turns of the event loop until it is so; Jest's own timeout is the bound. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

async function openLine() {
  const [host, port] = parseBusUrl(natsUrl()).servers[0]!.split(':');
  const sockets = new Set<Socket>();
  let whole = true;
  const server = createServer((near) => {
    if (!whole) return void near.destroy();
    const far = connect(Number(port), host!);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    whole = false;
    for (const socket of sockets) socket.destroy();
  };
  const through = new URL(natsUrl()); // with the credentials that it holds
  through.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: through.href,
    cut,
    restore: () => void (whole = true),
    close: async () => {
      cut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
