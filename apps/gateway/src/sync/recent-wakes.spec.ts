import { RecentWakes } from './recent-wakes.js';

it('what has been forgotten concerns everybody', () => {
  const wakes = new RecentWakes(2);
  for (const pos of [1, 2, 3]) wakes.add(pos, ['!x:test'], []);
  expect(wakes.concern('@a:test', ['!y:test'], 0)).toBe(true);
  expect(wakes.concern('@a:test', ['!y:test'], 1)).toBe(false);
  wakes.clear();
  expect(wakes.concern('@a:test', ['!y:test'], 0)).toBe(false);
});
