import { systemClock } from '@ganglion/kernel';
import { createLogger, startTracing, tracing } from '@ganglion/observability';
import { OtlpCollector, type CollectedSpan } from '@ganglion/testing';
import { lit, openLog, type TestDatabase, testDatabase } from '../database.fixture.js';
import type { EventLog } from './event-log.js';

describe('traces of appends', () => {
  let db: TestDatabase;
  let log: EventLog;
  let collector: OtlpCollector;

  beforeAll(async () => {
    db = await testDatabase();
    log = await openLog(db, { log: 'lamps' });
    collector = await OtlpCollector.start();
    await startTracing({
      service: 'test',
      instance: 'test-1',
      version: '1',
      endpoint: collector.endpoint,
      sampleRatio: 1,
      logger: createLogger('test', 'fatal'),
      clock: systemClock,
    });
  });
  afterAll(async () => {
    await tracing()?.stop();
    await collector.stop();
    await log.close();
    await db.drop();
  });

  /** The work of one request. @param flags  00: nobody keeps it */
  const request = async <T>(name: string, work: () => Promise<T>, flags = '01'): Promise<T> => {
    const begun = flags === '01' ? undefined : `00-${'a'.repeat(32)}-${'b'.repeat(16)}-${flags}`;
    const span = tracing()!.server(name, begun, {});
    try {
      return await span.run(work);
    } finally {
      span.end();
    }
  };
  const append = (stream: string, ver = 1) => log.append([lit(stream, ver, { by: 'canary-value' })]);
  const named = (name: string) => collector.span((span) => span.name === name);
  const below = ({ spanId }: CollectedSpan, name: string) =>
    collector.span((span) => span.parentSpanId === spanId && span.name.startsWith(name));

  it('show the statement below the commit, that below the append, that below the request', async () => {
    await request('alone', () => append('lamp-alone'));
    const commit = await below(await below(await named('alone'), 'append lamps'), 'commit lamps');
    const statement = await below(commit, 'pg.query:event_store_append');
    expect(commit.attributes).toMatchObject({ 'ganglion.events': 1, 'ganglion.appends': 1 });
    expect(statement.kind).toBe(3);
    expect(statement.attributes['db.query.text']).toContain('select append($1');
    expect(commit.links).toEqual([]);
  });

  it('show a commit of many requests once, below the first, linked with the others both ways', async () => {
    await Promise.all([
      request('unseen', () => append('lamp-unseen'), '00'),
      request('first', () => append('lamp-first')),
      request('second', () => append('lamp-second')),
    ]);
    const first = await below(await named('first'), 'append lamps');
    const second = await below(await named('second'), 'append lamps');
    const commit = await below(first, 'commit lamps');
    const idOf = ({ traceId, spanId }: CollectedSpan) => ({ traceId, spanId });
    expect(commit.links).toEqual([idOf(second)]);
    expect(second.links).toEqual([idOf(commit)]);
    expect(commit.attributes).toMatchObject({ 'ganglion.events': 3, 'ganglion.appends': 3 });
    expect(collector.spans.filter(({ traceId }) => traceId === 'a'.repeat(32))).toEqual([]);
  });

  it('do not hang what comes later, or belongs to nobody, on whoever came first', async () => {
    const working = request('begins', () => append('lamp-begins'));
    const later = append('lamp-nobody');
    await Promise.all([working, later]);
    await request('afterwards', () => append('lamp-afterwards'));
    await below(await below(await named('afterwards'), 'append lamps'), 'commit lamps');
    const { traceId } = await named('begins');
    const commits = collector.spans.filter((span) => span.traceId === traceId && span.name === 'commit lamps');
    expect(commits).toHaveLength(1);
  });

  it('say that it failed and of what kind, without the values', async () => {
    await append('lamp-taken');
    await expect(request('conflict', () => append('lamp-taken'))).rejects.toThrow();
    const span = await below(await named('conflict'), 'append lamps');
    expect(span).toMatchObject({ statusCode: 2, attributes: { 'error.type': 'VERSION_CONFLICT' } });
    const wrong = request('wrong', () => log.pool.query('select $1::int', ['canary-in-message']));
    await expect(wrong).rejects.toThrow('canary-in-message');
    expect(await below(await named('wrong'), 'pg.query')).toMatchObject({ statusCode: 2 });
    expect(collector.bodies.join()).not.toContain('canary');
    expect(collector.bodies.join()).not.toContain(new URL(db.url).password || 'no password');
  });

  it('are not made of statements that no request asked for', async () => {
    await log.pool.query('select 1 as background');
    await request('marker', () => append('lamp-marker'));
    await named('marker');
    expect(collector.bodies.join()).not.toContain('background');
  });
});
