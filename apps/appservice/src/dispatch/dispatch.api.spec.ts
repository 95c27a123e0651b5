import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  routes,
  tok,
  type AppserviceSnapshot,
  type PublicEvent,
  type RouteReply,
  type StoredEvent,
} from '@ganglion/contracts';
import { createLogger } from '@ganglion/observability';
import { startService, type RunningService } from '@ganglion/service';
import { FakeLog, makeDatabase, requester, routeRequest, TestDeployment } from '@ganglion/testing';
import pg from 'pg';
import { appserviceService } from '../appservice.service-definition.js';
import type { AppserviceEntry } from '../registrations/list-appservices/appservice-entry.js';
import { until } from '../testing/database.fixture.js';
import { hang, ok, Receiver, reset, status } from '../testing/receiver.fixture.js';
import { GHOST, member, message } from '../testing/rooms-events.fixture.js';

/** Starts the real service on servers of its own names, with two bridges. */
describe('dispatch to appservices', () => {
  let deployment: TestDeployment;
  let rooms: FakeLog;
  let database: { url: string; drop(): Promise<void> };
  let pool: pg.Pool;
  let folder: string;
  let irc: Receiver;
  let log: Receiver;
  let service: RunningService | null = null;
  let files: string[];

  beforeEach(async () => {
    deployment = await TestDeployment.open();
    rooms = new FakeLog(deployment.bus, 'rooms');
    database = await makeDatabase();
    pool = new pg.Pool({ connectionString: database.url, max: 2 });
    folder = mkdtempSync(join(tmpdir(), 'ganglion-as-'));
    [irc, log] = [await Receiver.open(), await Receiver.open()];
    files = [registration('irc', irc.url, '@_irc_.*'), registration('log', log.url, '@_log_.*')];
  });
  afterEach(async () => {
    await service?.stop();
    service = null;
    rooms.stop();
    await deployment.close();
    await pool.end();
    await database.drop();
    await Promise.all([irc.close(), log.close()]);
    rmSync(folder, { recursive: true });
  });

  /** Writes a registration file. @returns its path */
  const registration = (id: string, url: string | null, users: string, changes: object = {}) => {
    const path = join(folder, `${tok(id)}.yaml`);
    const document = {
      id,
      url,
      as_token: `A-${id.replace(/\W/g, '')}`,
      hs_token: `H-${id.replace(/\W/g, '')}`,
      sender_localpart: `${tok(id)}bot`,
      namespaces: { users: [{ regex: users, exclusive: true }] },
      ...changes,
    };
    writeFileSync(path, JSON.stringify(document));
    return path;
  };
  const start = async (env: Record<string, string> = {}) => {
    const config = deployment.config('appservice', database.url, {
      GANGLION_SERVER_NAME: 'hs.test',
      GANGLION_APPSERVICE_CONFIG_FILES: files.join(','),
      GANGLION_APPSERVICE__RETRY: '{"first_ms":20,"max_ms":100,"jitter":0}',
      ...env,
    });
    service = await startService(appserviceService, { config, logger: createLogger('appservice', 'fatal') });
  };
  const stop = async () => {
    await service!.stop();
    service = null;
  };
  const post = (...events: Parameters<FakeLog['append']>[1][]) => rooms.append('room', ...events);
  const list = async () => {
    const request = routeRequest({ requester: requester('@root:hs.test', { isAdmin: true }) });
    const reply = await deployment.rpc.query<RouteReply>('appservice', routes.appservices.name, request);
    return (reply.body as { appservices: AppserviceEntry[] }).appservices;
  };
  const entry = async (id: string) => (await list()).find((one) => one.id === id)!;
  const events = async (type: string) => {
    const { rows } = await pool.query<{ data: string }>('select data from event where type = $1 order by pos', [type]);
    return rows.map(({ data }) => JSON.parse(data) as Record<string, unknown>);
  };
  const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => String(from + i));

  it('AS-039 gives each event once and in order to who is interested, and nothing to others', async () => {
    await start();
    await post(member(GHOST, null, 'join'));
    for (const body of numbers(1, 20)) await post(message(body));
    await post(...numbers(21, 250).map((body) => message(body)));
    await irc.until(() => irc.bodies.length >= 251);
    expect(irc.bodies).toEqual(['m.room.member', ...numbers(1, 250)]);
    expect(irc.requests.every(({ bodies }) => bodies.length <= 100)).toBe(true);
    expect(new Set(irc.requests.map(({ txnId }) => txnId)).size).toBe(irc.requests.length);
    expect(irc.requests[0]!.headers.authorization).toBe('Bearer H-irc');
    expect(log.requests).toEqual([]);
  });

  it.each([
    ['answers 500', status(500), 'server_error'],
    ['resets the connection', reset, 'connect'],
    ['answers with a web page', status(200, '<html>'), 'bad_body'],
    ['refuses our token', status(403), 'auth'],
  ])(
    'AS-119 sends the same bytes under the same id to a bridge that %s, until it takes them',
    async (_, answer, kind) => {
      irc.answer = answer;
      await start();
      await post(message('1', GHOST));
      await irc.until(() => irc.requests.length >= 2);
      await post(message('2', GHOST));
      expect(await entry('irc')).toMatchObject({ state: 'down', last_error: { class: kind } });
      irc.answer = ok;
      await irc.until(() => irc.requests.at(-1)!.bodies.includes('2'));
      const firsts = irc.requests.filter(({ bodies }) => bodies.includes('1'));
      expect(new Set(firsts.map(({ txnId, text }) => `${txnId} ${text}`)).size).toBe(1);
      expect(irc.requests.filter(({ bodies }) => bodies.includes('2'))).toHaveLength(1);
      await until(async () => (await entry('irc')).state === 'up');
      expect(await entry('irc')).toMatchObject({ lag_events: 0, lag_seconds: 0, attempts: 0, next_retry_at: null });
    },
  );

  it('AS-152 does not wait for ever for a bridge that hangs', async () => {
    irc.answer = hang;
    await start({ GANGLION_APPSERVICE__REQUEST_TIMEOUT_MS: '100' });
    await post(message('1', GHOST));
    await irc.until(() => irc.requests.length >= 2);
    irc.answer = ok;
    await until(async () => (await entry('irc')).state === 'up');
    expect(new Set(irc.requests.map(({ txnId, text }) => txnId + text)).size).toBe(1);
  });

  it('AS-158 serves one bridge as ever while another is dead', async () => {
    irc.answer = hang;
    await start();
    await post(message('to irc', GHOST));
    await irc.until(() => irc.requests.length === 1);
    for (const body of numbers(1, 30)) await post(message(body, '@_log_x:hs.test'), message(body, GHOST));
    await log.until(() => log.bodies.length >= 30);
    expect(log.bodies).toEqual(numbers(1, 30));
    expect(irc.requests).toHaveLength(1);
    await until(async () => (await entry('irc')).lag_events === 31);
    expect((await entry('log')).state).toBe('up');
  });

  it('AS-120 goes on with the very transaction that was under way when it was stopped', async () => {
    irc.answer = hang;
    await start();
    await post(message('1', GHOST));
    await irc.until(() => irc.requests.length === 1);
    await stop();
    await post(message('2', GHOST));
    irc.answer = ok;
    await start();
    await irc.until(() => irc.bodies.includes('2'));
    const [before, after] = irc.requests;
    expect([after!.txnId, after!.text]).toEqual([before!.txnId, before!.text]);
    expect(irc.bodies).toEqual(['1', '1', '2']);
  });

  it('AS-149 D-10 resumes a lane that was down, without any traffic', async () => {
    irc.answer = status(500);
    await start();
    await post(message('1', GHOST));
    await until(async () => (await events('lane.went_down')).length === 1);
    await stop();
    irc.answer = ok;
    await start();
    await irc.until(() => irc.requests.length >= 2);
    await until(async () => (await events('lane.recovered')).length === 1);
  });

  it('tells others once that a bridge went down and that it is back, by its id only', async () => {
    const told: { subject: string; body: PublicEvent }[] = [];
    deployment.bus.subscribe('appservice.lane.>', (arrived) => {
      told.push({ subject: deployment.bus.local(arrived.subject), body: arrived.json() });
    });
    irc.answer = status(500);
    await start();
    await post(message('secret words', GHOST));
    await irc.until(() => irc.requests.length >= 4);
    irc.answer = ok;
    await until(() => told.length === 2);
    expect(told.map(({ subject }) => subject)).toEqual([
      `appservice.lane.went_down.${tok('irc')}`,
      `appservice.lane.recovered.${tok('irc')}`,
    ]);
    expect(told[0]!.body).toMatchObject({
      subject: { kind: 'appservice', id: 'irc' },
      data: { class: 'server_error' },
    });
    expect(JSON.stringify(told)).not.toContain('secret words');
  });

  it('loses nothing when every stream of NATS is deleted while it runs', async () => {
    await start();
    await post(message('1', GHOST));
    await irc.until(() => irc.bodies.length === 1);
    const manager = await deployment.bus.jsm();
    for await (const { config } of manager.streams.list()) {
      if (config.name.startsWith(deployment.name)) await manager.streams.delete(config.name);
    }
    for (const body of numbers(2, 30)) await post(message(body, GHOST));
    await irc.until(() => irc.bodies.length >= 30);
    expect(irc.bodies).toEqual(numbers(1, 30));
  });

  it('AS-010 serves an appservice whatever is in its id', async () => {
    files = [registration('IRC Bridge.*>', irc.url, '@_irc_.*')];
    irc.answer = status(500);
    await start();
    await post(message('1', GHOST));
    await until(async () => (await events('lane.went_down')).length === 1);
    irc.answer = ok;
    await until(async () => (await events('lane.recovered')).length === 1);
    expect(await events('lane.recovered')).toEqual([{ asId: 'IRC Bridge.*>' }]);
  });

  it('AS-020 gives a bridge that is added later nothing that is older', async () => {
    files = [];
    await start();
    await post(member(GHOST, null, 'join'), message('old'));
    await stop();
    await post(message('old, and not looked at yet'));
    files = [registration('irc', irc.url, '@_irc_.*')];
    await start();
    await post(message('new'));
    await irc.until(() => irc.bodies.length > 0);
    expect(irc.bodies).toEqual(['new']);
  });

  it('AS-024 AS-025 forgets a bridge that is removed, and knows it anew when it comes back', async () => {
    irc.answer = status(500);
    await start();
    await post(message('1', GHOST));
    await irc.until(() => irc.requests.length >= 1);
    const [ircFile, logFile] = files as [string, string];
    await stop();
    files = [logFile];
    await start();
    const before = irc.requests.length;
    expect((await list()).map(({ id }) => id)).toEqual(['log']);
    await post(message('2', GHOST), message('seen', '@_log_x:hs.test'));
    await log.until(() => log.bodies.length === 1);
    await stop();
    irc.answer = ok;
    files = [ircFile, logFile];
    await start();
    await post(message('3', GHOST));
    await irc.until(() => irc.bodies.includes('3'));
    expect(irc.requests.slice(before).map(({ bodies }) => bodies)).toEqual([['3']]);
    expect(irc.requests.at(-1)!.txnId.split('-')[0]).not.toBe(irc.requests[0]!.txnId.split('-')[0]);
    expect(await events('registration.removed')).toEqual([{ asId: 'irc' }]);
  });

  it('AS-023 takes a new URL and token for what is waiting, under the same transaction id', async () => {
    irc.answer = hang;
    await start();
    await post(message('1', GHOST));
    await irc.until(() => irc.requests.length === 1);
    await stop();
    registration('irc', log.url, '@_irc_.*', { hs_token: 'H-new' });
    await start();
    await log.until(() => log.requests.length === 1);
    expect(log.requests[0]).toMatchObject({
      txnId: irc.requests[0]!.txnId,
      headers: { authorization: 'Bearer H-new' },
    });
    expect((await events('registration.changed')).map(({ changed }) => changed)).toEqual([['url', 'hs_token']]);
  });

  it('AS-022 pauses an appservice of which it does not know any more from where on it is served', async () => {
    await start();
    await post(message('1', GHOST));
    await irc.until(() => irc.requests.length === 1);
    await stop();
    await pool.query(`delete from interest_rules where as_id = 'irc'`);
    await start();
    await post(message('2', GHOST), message('seen', '@_log_x:hs.test'));
    await log.until(() => log.bodies.length === 1);
    expect(irc.requests).toHaveLength(1);
    expect(await entry('irc')).toMatchObject({ state: 'paused', reason: 'cursor_missing' });
  });

  it('AS-007 AS-071 sends nothing to an appservice without URL, and lists it as disabled', async () => {
    files = [registration('irc', null, '@_irc_.*'), files[1]!];
    await start();
    await post(message('1', GHOST), message('seen', '@_log_x:hs.test'));
    await log.until(() => log.bodies.length === 1);
    expect(await entry('irc')).toMatchObject({ state: 'disabled', url: null, lag_events: 0 });
  });

  it('AS-001 AS-027 gives replicas every registration in the order of the files, and tells no token', async () => {
    files = [...files, registration('xmpp', null, '@_xmpp_.*')];
    await start();
    const snapshot = await deployment.rpc.query<AppserviceSnapshot>('appservice', 'snapshot', {});
    expect(snapshot.registrations.map(({ asId, hasUrl }) => [asId, hasUrl])).toEqual([
      ['irc', true],
      ['log', true],
      ['xmpp', false],
    ]);
    expect(snapshot.pos).toBe(3);
    const { rows } = await pool.query<StoredEvent>('select * from event');
    const secrets = await pool.query('select * from registration_secret');
    const everything = JSON.stringify([snapshot, rows, await list(), secrets.rows]);
    expect(everything).not.toMatch(/[AH]-(irc|log|xmpp)/);
    await stop();
    await start();
    expect(await events('registration.added')).toHaveLength(3);
  });

  it('tells replicas, operators and the log when an appservice begins to manage its devices itself', async () => {
    await start();
    const managed = async () => {
      const { registrations } = await deployment.rpc.query<AppserviceSnapshot>('appservice', 'snapshot', {});
      const { flags } = await entry('irc');
      return [registrations[0]!.deviceManaged, flags['io.element.msc4190']];
    };
    expect(await managed()).toEqual([false, false]);
    await stop();
    registration('irc', irc.url, '@_irc_.*', { 'io.element.msc4190': true });
    await start();
    expect(await managed()).toEqual([true, true]);
    expect(await events('registration.changed')).toMatchObject([{ deviceManaged: true, changed: ['deviceManaged'] }]);
  });

  it('AS-108 AS-320 AS-321 counts what operators watch', async () => {
    const metrics = async () => {
      const [answer] = await deployment.rpc.each<{ text: string }>('appservice', 'metrics', {}, { expectMs: 300 });
      return answer!.text;
    };
    await start();
    await post(message('1', GHOST), message('2', GHOST), message('3', GHOST));
    await irc.until(() => irc.bodies.length === 3);
    await until(async () => (await entry('irc')).lag_events === 0);
    irc.answer = status(500);
    await post(message('4', GHOST));
    await until(async () => (await entry('irc')).state === 'down');
    const text = await metrics();
    const value = (name: string, ...labels: string[]) => {
      const line = text
        .split('\n')
        .find((one) => one.startsWith(`${name}{`) && labels.every((label) => one.includes(label)));
      return Number(line?.split(' ').at(-1));
    };
    expect(value('appservice_events_sent_total', 'as="irc"')).toBe(3);
    expect(value('synapse_appservice_api_sent_events_total', 'service="irc"')).toBe(3);
    expect(value('appservice_txn_failed_total', 'as="irc"', 'class="server_error"')).toBeGreaterThanOrEqual(1);
    expect(value('appservice_lag_events', 'as="irc"')).toBe(1);
    expect(value('appservice_state', 'as="irc"', 'state="down"')).toBe(1);
    expect(value('appservice_state', 'as="log"', 'state="unknown"')).toBe(1);
    expect(value('appservice_fanout_position')).toBe(4);
    expect(value('appservice_events_processed_total')).toBe(4);
  });
});
