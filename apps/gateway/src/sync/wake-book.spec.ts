import { WakeBook } from './wake-book.js';

const LOG = 'log-1';

function world() {
  const book = new WakeBook();
  const woken: string[] = [];
  const park = (name: string, userId: string, ...rooms: string[]) =>
    book.parked.add({ userId, rooms, wake: () => void woken.push(name) });
  const wake = (pos: number, rooms: string[], users: string[] = [], from = pos) =>
    book.woken({ logId: LOG, from, pos, rooms, users });
  const beacon = (head: number, logId = LOG) => book.beacon({ logId, head });
  const taken = () => woken.splice(0).sort();
  wake(10, []);
  taken();
  return { book, park, wake, beacon, taken };
}

describe('WakeBook', () => {
  it('wakes those of the room and those named, once each, and nobody else', () => {
    const { park, wake, taken } = world();
    park('a', '@a:test', '!1:test', '!2:test');
    park('b', '@b:test', '!2:test');
    park('c', '@c:test');
    wake(11, ['!1:test', '!2:test'], ['@a:test']);
    expect(taken()).toEqual(['a', 'b']);
    wake(12, [], ['@c:test']);
    expect(taken()).toEqual(['c']);
  });

  it('does not wake whoever has gone', () => {
    const { book, park, wake, taken } = world();
    park('a', '@a:test', '!1:test')();
    wake(11, ['!1:test'], ['@a:test']);
    expect(taken()).toEqual([]);
    expect(book.parked.size).toBe(0);
  });

  it('wakes everybody when a wake tells that one before it is missing', () => {
    const { park, wake, taken } = world();
    park('a', '@a:test', '!1:test');
    wake(12, ['!9:test'], [], 11);
    expect(taken()).toEqual([]);
    wake(15, ['!9:test'], [], 14);
    expect(taken()).toEqual(['a']);
  });

  it('wakes everybody when two beacons in a row tell of what no wake told', () => {
    const { park, beacon, taken } = world();
    park('a', '@a:test', '!1:test');
    beacon(10);
    beacon(13);
    expect(taken()).toEqual([]); // its wake may be under way
    beacon(13);
    expect(taken()).toEqual(['a']);
    beacon(13);
    expect(taken()).toEqual([]);
  });

  it('lets beacons alone that wakes have explained', () => {
    const { park, wake, beacon, taken } = world();
    park('a', '@a:test', '!1:test');
    beacon(11);
    wake(11, ['!9:test']);
    beacon(12);
    wake(12, ['!9:test']);
    beacon(12);
    expect(taken()).toEqual([]);
  });

  it('wakes everybody when the log is another one', () => {
    const { park, beacon, taken } = world();
    park('a', '@a:test', '!1:test');
    beacon(1, 'restored');
    expect(taken()).toEqual(['a']);
  });

  it('tells those about to park of a wake that came before them', () => {
    const { book, wake } = world();
    wake(11, ['!1:test'], ['@z:test']);
    expect(book.recent.concern('@a:test', ['!1:test'], 10)).toBe(true);
    expect(book.recent.concern('@z:test', [], 10)).toBe(true);
    expect(book.recent.concern('@a:test', ['!2:test'], 10)).toBe(false);
    expect(book.recent.concern('@a:test', ['!1:test'], 11)).toBe(false);
    book.everybody(20);
    expect(book.recent.concern('@a:test', [], 19)).toBe(true);
    expect(book.recent.concern('@a:test', [], 20)).toBe(false);
  });
});
