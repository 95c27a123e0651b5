import { routes } from '@ganglion/contracts';
import { Admission } from './admission.js';
import type { Places } from './places.js';

const load = { late: false, free: true };
const places = {
  get areFree() {
    return load.free;
  },
  during: <T>(work: () => Promise<T>) => work(),
} as Places;

/** Refusals that are held back stay so until the test lets them go. */
function setUp() {
  const held: { delayMs: number; letGo: () => void }[] = [];
  const timers = {
    after: (delayMs: number, letGo: () => void) => {
      held.push({ delayMs, letGo });
      return () => undefined;
    },
  };
  const gate = new Admission({ overloaded: () => load.late, places, timers });
  /** Code and details of what a request is refused with; null: it is not. */
  const refusalOf = async (refused: Promise<unknown> | null) => {
    if (!refused) return null;
    for (const { letGo } of held.splice(0)) letGo();
    return refused.then(
      () => null,
      ({ code, details }: { code: string; details: { retry_after_ms: number } }) => ({ code, ...details }),
    );
  };
  return { gate, held, refusalOf };
}
const OVERLOADED = { code: 'OVERLOADED', retry_after_ms: expect.any(Number) };

describe('Admission', () => {
  beforeEach(() => Object.assign(load, { late: false, free: true }));

  it('lets everybody in while there is room', () => {
    const { gate, held } = setUp();
    expect(gate.refuses(routes.sendEvent, false)).toBeNull();
    expect(held).toEqual([]);
  });

  it('turns away what needs a service when too much waits for one, and serves the rest', async () => {
    load.free = false;
    const { gate, refusalOf } = setUp();
    expect(await refusalOf(gate.refuses(routes.sendEvent, false))).toEqual(OVERLOADED);
    expect(gate.refuses(routes.whoami, true)).toBeNull();
    expect(gate.refused).toEqual({ 'event loop': 0, 'in flight': 1 });
  });

  it('turns away whose turn it is, too, when others who arrived together were quicker', async () => {
    const { gate, refusalOf } = setUp();
    expect(gate.refuses(routes.sendEvent, false)).toBeNull();
    expect(await gate.during(async () => 'answer')).toBe('answer');
    load.free = false;
    expect(await refusalOf(gate.during(async () => 'answer'))).toEqual(OVERLOADED);
    expect(gate.refused['in flight']).toBe(1);
  });

  it('turns everything away when the process is late, except what watches over it', async () => {
    load.late = true;
    const { gate, refusalOf } = setUp();
    const { whoami, sendEvent, sync, live, ready, metrics } = routes;
    for (const route of [whoami, sendEvent, sync]) {
      expect(await refusalOf(gate.refuses(route, true))).toEqual(OVERLOADED);
    }
    for (const route of [live, ready, metrics]) expect(gate.refuses(route, false)).toBeNull();
    expect(gate.refused['event loop']).toBe(3);
    load.late = false;
    expect(gate.refuses(whoami, true)).toBeNull();
  });

  it('tells those it turns away different times to come again, and does not tell them at once', async () => {
    load.late = true;
    const { gate, held, refusalOf } = setUp();
    const refused = Array.from({ length: 50 }, () => gate.refuses(routes.whoami, true));
    expect(held.map(({ delayMs }) => delayMs)).toEqual(Array.from({ length: 50 }, () => 500));
    const waits = (await Promise.all(refused.map(refusalOf))).map((refusal) => refusal!.retry_after_ms);
    expect(new Set(waits).size).toBe(50);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(1_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(3_000);
  });
});
