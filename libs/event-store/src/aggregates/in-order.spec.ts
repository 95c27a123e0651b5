import fc from 'fast-check';
import { InOrder } from './in-order.js';

describe('in order', () => {
  it('runs one at a time per key, in the order of the calls, whatever the pace and the failures', () =>
    fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.record({ key: fc.constantFrom('a', 'b'), fails: fc.boolean() }), { maxLength: 12 }),
        async (scheduler, calls) => {
          const inOrder = new InOrder();
          const log: string[] = [];
          const work = (i: number, fails: boolean) => async () => {
            log.push(`${i} starts`);
            await scheduler.schedule(Promise.resolve());
            log.push(`${i} ends`);
            if (fails) throw new Error(String(i));
          };
          const all = Promise.allSettled(calls.map(({ key, fails }, i) => inOrder.run(key, work(i, fails))));
          const outcomes = await scheduler.waitFor(all);
          expect(outcomes.map(({ status }) => status === 'rejected')).toEqual(calls.map(({ fails }) => fails));
          for (const wanted of ['a', 'b']) {
            const own = calls.flatMap(({ key }, i) => (key === wanted ? [`${i} starts`, `${i} ends`] : []));
            expect(log.filter((line) => own.includes(line))).toEqual(own);
          }
          expect([...inOrder.keys()]).toEqual([]);
        },
      ),
    ));

  it('does not make different keys wait for each other', async () => {
    const inOrder = new InOrder();
    let finish: () => void = () => undefined;
    const slow = inOrder.run('a', () => new Promise<void>((resolve) => (finish = resolve)));
    expect(await inOrder.run('b', () => Promise.resolve(2))).toBe(2);
    finish();
    await slow;
  });
});
