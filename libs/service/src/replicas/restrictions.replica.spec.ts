import type { ModerationEvent, ModerationSnapshot, StoredEvent } from '@ganglion/contracts';
import { RestrictionsReplica } from './restrictions.replica.js';

const A = '@a:test';
const subject = { kind: 'user', id: A } as const;
const imposed = { subject, causeKey: 'admin' };
const lifted = (causesLeft: number) => ({ subject, causeKey: 'admin', reverses: 'e1', causesLeft });
const banned: ModerationEvent = {
  type: 'user.shadow_banned',
  data: { ...imposed, scope: 'server', origin: 'admin', frozenProfile: { displayname: null, avatarUrl: null } },
};

const KINDS: [string, ModerationEvent, (causesLeft: number) => ModerationEvent, object][] = [
  [
    'a shadow-ban',
    banned,
    (left) => ({ type: 'user.shadow_ban_lifted', data: { ...lifted(left), release: 'none' } }),
    { shadowBanned: true, suspended: false, locked: false },
  ],
  [
    'a suspension',
    { type: 'user.suspended', data: imposed },
    (left) => ({ type: 'user.unsuspended', data: lifted(left) }),
    { shadowBanned: false, suspended: true, locked: false },
  ],
  [
    'a lock',
    { type: 'user.locked', data: imposed },
    (left) => ({ type: 'user.unlocked', data: lifted(left) }),
    { shadowBanned: false, suspended: false, locked: true },
  ],
];

let pos = 0;
const stored = (event: ModerationEvent) => ({ ...event, logId: 'log', pos: ++pos }) as StoredEvent;
const shown = (replica: RestrictionsReplica, userId = A) => ({
  shadowBanned: replica.isShadowBanned(userId),
  suspended: replica.isSuspended(userId),
  locked: replica.isLocked(userId),
});
const FREE = { shadowBanned: false, suspended: false, locked: false };

function replicaOf(users: ModerationSnapshot['users'] = []) {
  const query = async <T>() => ({ logId: 'log', pos: 0, users }) as T;
  const replica = new RestrictionsReplica('test.restrictions', { query });
  const changed: string[] = [];
  replica.onChanged((userId) => changed.push(userId));
  return { replica, changed };
}

describe.each(KINDS)('the replica of restrictions, %s', (_what, impose, lift, flags) => {
  it('begins, ends with its last cause, and both are told', async () => {
    const { replica, changed } = replicaOf();
    await replica.apply([stored(impose)]);
    expect(shown(replica)).toEqual(flags);
    expect(shown(replica, '@b:test')).toEqual(FREE);
    await replica.apply([stored(lift(1))]);
    expect([shown(replica), changed]).toEqual([flags, [A]]);
    await replica.apply([stored(lift(0))]);
    expect([shown(replica), changed]).toEqual([FREE, [A, A]]);
  });
});

it('starts from a snapshot, which replaces what was known', async () => {
  const users = [
    { userId: '@b:test', shadowBanned: false, suspended: false, locked: true },
    { userId: '@c:test', shadowBanned: true, suspended: true, locked: false },
  ];
  const { replica } = replicaOf(users);
  await replica.apply([stored(banned)]);
  await replica.reset('log');
  expect([A, '@b:test', '@c:test'].map((userId) => shown(replica, userId))).toEqual([
    FREE,
    { shadowBanned: false, suspended: false, locked: true },
    { shadowBanned: true, suspended: true, locked: false },
  ]);
});
