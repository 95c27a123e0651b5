import { Turns } from './turns.js';

/** Work that ends when told. */
function task(log: string[], name: string) {
  let end!: () => void;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const work = async () => {
    log.push(`${name} starts`);
    await ended;
    return name;
  };
  return { work, end };
}
/** Every promise that can move on has done so. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('Turns', () => {
  it('runs one at a time per key, in order', async () => {
    const [turns, log] = [new Turns(10), [] as string[]];
    const [a, b, other] = [task(log, 'a'), task(log, 'b'), task(log, 'other')];
    const results = [turns.run('k', a.work), turns.run('k', b.work), turns.run('l', other.work)];
    await settle();
    expect(log).toEqual(['a starts', 'other starts']);
    a.end();
    await settle();
    expect(log).toEqual(['a starts', 'other starts', 'b starts']);
    b.end();
    other.end();
    expect(await Promise.all(results)).toEqual(['a', 'b', 'other']);
  });

  it('runs only so many at once', async () => {
    const [turns, log] = [new Turns(1), [] as string[]];
    const [a, b] = [task(log, 'a'), task(log, 'b')];
    const results = [turns.run('k', a.work), turns.run('l', b.work)];
    await settle();
    expect(log).toEqual(['a starts']);
    a.end();
    await settle();
    expect(log).toEqual(['a starts', 'b starts']);
    b.end();
    await Promise.all(results);
  });

  it('goes on after a failure', async () => {
    const turns = new Turns(1);
    const failing = turns.run('k', () => Promise.reject(new Error('x')));
    const next = turns.run('k', () => Promise.resolve('fine'));
    await expect(failing).rejects.toThrow('x');
    expect(await next).toBe('fine');
  });
});
