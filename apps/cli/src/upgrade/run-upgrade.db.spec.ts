import { LOG_SERVICES, type LogService } from '@ganglion/contracts';
import type { SchemaMigrations } from '@ganglion/service';
import type { QueryRunner } from 'typeorm';
import { emptyPlace, migrations, newPlace, tablesOf, type TestPlace } from '../backup/backup.fixture.js';
import { inspectAll, upgradeAll } from './run-upgrade.js';
import { isUpToDate } from './upgrade-plan.js';

function next(service: string, oldProcessesMayServe: boolean): SchemaMigrations[number] {
  return class {
    readonly name = `Of${service}1900000000000`;
    readonly oldProcessesMayServe = oldProcessesMayServe;
    async up(runner: QueryRunner): Promise<void> {
      await runner.query('create table tomorrow (id int)');
    }
    async down(runner: QueryRunner): Promise<void> {
      await runner.query('drop table tomorrow');
    }
  };
}

/** The next version: auth only gets something more, rooms is changed. */
const newer: Record<LogService, SchemaMigrations> = {
  ...migrations,
  auth: [...migrations.auth, next('auth', true)],
  rooms: [...migrations.rooms, next('rooms', false)],
};

describe('an upgrade of all databases', () => {
  let place: TestPlace;
  let said: string[];
  afterEach(() => place.drop());
  beforeEach(() => (said = []));

  const upgrade = async () =>
    upgradeAll(place.urls, await inspectAll(place.urls, newer), (line) => said.push(line), newer);
  const serve = ({ pools }: TestPlace, service: LogService, seconds: number) =>
    pools[service].query(
      `with l as (insert into log (log) values ($1) on conflict (log) do update set head = log.head returning log)
       insert into owner (log, vshard, epoch, holder, until)
       select log, 1, 1, $1 || '-old', clock_timestamp() + $2 * interval '1 second' from l`,
      [service, seconds],
    );

  it('makes them when there is nothing', async () => {
    place = await emptyPlace();
    await upgrade();
    expect(isUpToDate(await inspectAll(place.urls, newer))).toBe(true);
    for (const service of LOG_SERVICES) expect(await tablesOf(place.pools[service])).toContain('schema_version');
  });

  it('changes none when one of them is served by processes that could not go on', async () => {
    place = await newPlace();
    await serve(place, 'rooms', 3_600);
    const renewing = setInterval(() => {
      void place.pools.rooms.query(`update owner set until = clock_timestamp() + interval '1 hour'`);
    }, 200);
    await place.pools.rooms.query(`update owner set until = clock_timestamp() + interval '1 second'`);
    try {
      await expect(upgrade()).rejects.toThrow(/rooms: rooms-old\nStop them.*Nothing was migrated/s);
    } finally {
      clearInterval(renewing);
    }
    expect(said).toEqual([]);
    expect(await tablesOf(place.pools.auth)).not.toContain('tomorrow');
  });

  it('goes on beside processes of the old version where that does not hurt them, and tells what it does', async () => {
    place = await newPlace();
    await serve(place, 'auth', 3_600);
    await serve(place, 'rooms', -1);
    await upgrade();
    expect(said).toEqual(['  auth: Ofauth1900000000000', '  rooms: Ofrooms1900000000000']);
    const plans = await inspectAll(place.urls, newer);
    expect(isUpToDate(plans)).toBe(true);
    expect(plans.find(({ service }) => service === 'auth')!.serving).toEqual(['auth-old']);
    await upgrade();
    expect(said).toHaveLength(2);
  });
});
