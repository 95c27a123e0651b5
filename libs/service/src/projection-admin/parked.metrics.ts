import { parkedCounts, type Queryable } from '@ganglion/event-store';
import { Gauge, type Registry } from '@ganglion/observability';

/** Read from the rows when somebody scrapes, so it is right also after a restart. Projections that park nothing say 0. */
export function parkedGauge(registry: Registry, db: Queryable, readers: readonly string[]): void {
  new Gauge({
    name: 'ganglion_projection_parked',
    help: 'Events a projection could not apply, or that wait behind one it could not apply',
    labelNames: ['reader'],
    registers: [registry],
    async collect() {
      const counts = await parkedCounts(db);
      for (const reader of readers) this.set({ reader }, counts.get(reader) ?? 0);
    },
  });
}

/** A line for each projection that has parked something. It serves all the same. */
export async function parkedProblems(db: Queryable): Promise<string[]> {
  const counts = await parkedCounts(db);
  return [...counts].map(([reader, events]) => `${events} ${events === 1 ? 'event' : 'events'} parked by ${reader}`);
}
