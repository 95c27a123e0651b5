import { table } from './print.js';

describe('table', () => {
  it('lines columns up and ends no line with spaces', () => {
    expect(
      table([
        ['a', 'long', 'x'],
        ['bbb', 'c', ''],
      ]),
    ).toEqual(['a    long  x', 'bbb  c']);
  });
  it('is empty without rows', () => expect(table([])).toEqual([]));
});
