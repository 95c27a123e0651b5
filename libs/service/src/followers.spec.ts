import type { EventSink, LogPosition } from '@ganglion/contracts';
import type { EventLog } from '@ganglion/event-store';
import { createLogger } from '@ganglion/observability';
import { Followers } from './followers.js';

/** An empty log that nobody writes to. */
const log = {
  logId: 'log-1',
  head: () => 0,
  refreshHead: async () => 0,
  readEntries: async () => [],
  readAfter: async () => [],
  onAdvanced: () => () => undefined,
  onCommitted: () => () => undefined,
} as unknown as EventLog;

class NewSink implements EventSink {
  readonly name = 'test.new';
  readonly shared = true;
  at: LogPosition | null = null;
  async position() {
    return this.at;
  }
  async apply() {}
  async reset(logId: string) {
    this.at = { logId, pos: 0 };
    return 0;
  }
}

describe('Followers', () => {
  it('have begun when they are started, also on an empty log', async () => {
    const unused = {} as never;
    const followers = new Followers({
      service: 'rooms',
      log,
      bus: unused,
      rpc: unused,
      logger: createLogger('test', 'fatal'),
    });
    const sink = new NewSink();
    followers.followOwn(sink);
    expect(followers.lags()).toEqual({}); // whoever leads feeds it, and knows
    await followers.start();
    expect(followers.lags()).toEqual({ 'test.new': 0 });
    expect(sink.at).toEqual({ logId: 'log-1', pos: 0 });
    await followers.stop();
  });
});
