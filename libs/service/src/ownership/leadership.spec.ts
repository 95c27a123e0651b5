import { createLogger } from '@ganglion/observability';
import { Leadership } from './leadership.js';

const logger = createLogger('test', 'silent');

function recorder() {
  const said: string[] = [];
  const leadership = new Leadership(logger);
  const work = (name: string, start: () => Promise<void> | void = () => undefined) =>
    leadership.during({
      name,
      start: async () => {
        await start();
        said.push(`+${name}`);
      },
      stop: () => void said.push(`-${name}`),
    });
  return { said, leadership, work };
}

describe('Leadership', () => {
  it('starts work in order, stops it the other way round, and again', async () => {
    const { said, leadership, work } = recorder();
    work('a');
    work('b');
    await leadership.set(true);
    await leadership.set(true);
    await leadership.set(false);
    await leadership.set(true);
    expect(said).toEqual(['+a', '+b', '-b', '-a', '+a', '+b']);
    expect(leadership.leads()).toBe(true);
  });

  it('that is lost while it begins starts nothing more, and stops what had begun', async () => {
    const { said, leadership, work } = recorder();
    let begun = () => {};
    work('a', () => new Promise<void>((resolve) => (begun = resolve)));
    work('b');
    const leading = leadership.set(true);
    await Promise.resolve();
    const losing = leadership.set(false);
    begun();
    await Promise.all([leading, losing]);
    expect(said).toEqual(['+a', '-a']);
  });

  it('says why it cannot lead', async () => {
    const { leadership, work } = recorder();
    work('a', () => Promise.reject(new Error('no')));
    await expect(leadership.set(true)).rejects.toThrow('no');
    expect(await leadership.failed).toEqual(new Error('no'));
  });

  it('stops the others although one fails to stop', async () => {
    const { said, leadership, work } = recorder();
    work('a');
    leadership.during({ name: 'bad', start: () => undefined, stop: () => Promise.reject(new Error('stuck')) });
    await leadership.set(true);
    await leadership.set(false);
    expect(said).toEqual(['+a', '-a']);
  });
});
