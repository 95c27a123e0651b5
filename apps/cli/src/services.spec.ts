import { EVENT_VERSIONS, LOG_SERVICES } from '@ganglion/contracts';
import { describeMigrations, migrationsOf } from '@ganglion/service';
import { logServices } from './services.js';

describe.each(LOG_SERVICES)('the build of %s', (service) => {
  const { types } = logServices[service].log!;

  it('writes no payload version that the other services of this build do not read', () => {
    const raised = Object.entries(types).filter(([, { v }]) => v > 1);
    expect(EVENT_VERSIONS[service]).toEqual(Object.fromEntries(raised.map(([type, { v }]) => [type, v])));
  });

  it('names each of its migrations once, with a time to sort them by', () => {
    const names = describeMigrations(migrationsOf(logServices[service].log!)).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[A-Za-z]+\d{13}$/);
  });
});
