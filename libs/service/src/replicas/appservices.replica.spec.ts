import type { AppserviceEvent, RegistrationPublic, StoredEvent } from '@ganglion/contracts';
import { AppservicesReplica } from './appservices.replica.js';

const registration = (asId: string, asTokenHash: string): RegistrationPublic => ({
  asId,
  sender: `@${asId}:test`,
  asTokenHash,
  namespaces: { users: [], aliases: [], rooms: [] },
  rateLimited: true,
  ipRangeWhitelist: null,
  protocols: [],
  hasUrl: true,
});
const added = (data: RegistrationPublic): AppserviceEvent => ({ type: 'registration.added', data });
const changed = (data: RegistrationPublic): AppserviceEvent => ({
  type: 'registration.changed',
  data: { ...data, changed: ['asTokenHash'] },
});
const removed = (asId: string): AppserviceEvent => ({ type: 'registration.removed', data: { asId } });

describe('the replica of appservices', () => {
  let replica: AppservicesReplica;
  beforeEach(async () => {
    const snapshot = { logId: 'log', pos: 0, registrations: [registration('irc', 'hash')] };
    replica = new AppservicesReplica('test.appservices', { query: async <T>() => snapshot as T });
    await replica.reset('log');
  });

  const apply = (...events: AppserviceEvent[]) =>
    replica.apply(events.map((event, i) => ({ ...event, logId: 'log', pos: i + 1 }) as StoredEvent));
  const holder = (hash: string) => replica.byTokenHash(hash)?.asId;

  it('finds an appservice by its token for as long as it has it', async () => {
    expect(holder('hash')).toBe('irc');
    await apply(changed(registration('irc', 'new')));
    expect([holder('hash'), holder('new')]).toEqual([undefined, 'irc']);
    await apply(removed('irc'));
    expect(holder('new')).toBeUndefined();
    expect([...replica.all()]).toEqual([]);
  });

  it('keeps a token that has passed to another id before the old one goes', async () => {
    await apply(added(registration('irc2', 'hash')), removed('irc'));
    expect(holder('hash')).toBe('irc2');
    expect(replica.get('irc')).toBeUndefined();
    await apply(removed('irc2'));
    expect(holder('hash')).toBeUndefined();
  });

  it('keeps a token that has passed to another id when the old one has got a new one', async () => {
    await apply(added(registration('irc2', 'hash')), changed(registration('irc', 'new')));
    expect([holder('hash'), holder('new')]).toEqual(['irc2', 'irc']);
  });
});
