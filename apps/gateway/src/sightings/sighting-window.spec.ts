import type { Sighting } from '@ganglion/contracts';
import { SightingWindow } from './sighting-window.js';

const sighting = (changes: Partial<Sighting> = {}): Sighting => ({
  userId: '@a:test',
  tokenRef: 'hash',
  ip: '1.2.3.4',
  userAgent: 'x',
  deviceId: 'D',
  tsMs: 1_000_000,
  mauRelevant: true,
  ...changes,
});

describe('SightingWindow', () => {
  it('lets one through per user, token and address in 120 s', () => {
    const window = new SightingWindow();
    expect(window.isFresh(sighting())).toBe(true);
    expect(window.isFresh(sighting({ tsMs: 1_119_999, userAgent: 'another' }))).toBe(false);
    expect(window.isFresh(sighting({ tsMs: 1_120_000 }))).toBe(true);
    expect(window.isFresh(sighting({ tsMs: 1_120_001 }))).toBe(false);
  });

  it.each([{ userId: '@b:test' }, { tokenRef: 'other' }, { ip: '4.3.2.1' }])('%j is another one', (change) => {
    const window = new SightingWindow();
    window.isFresh(sighting());
    expect(window.isFresh(sighting(change))).toBe(true);
  });

  it('is not silenced by a clock that was set back', () => {
    const window = new SightingWindow();
    window.isFresh(sighting());
    expect(window.isFresh(sighting({ tsMs: 0 }))).toBe(true);
  });

  it('lets through again what it was told to forget', () => {
    const window = new SightingWindow();
    window.isFresh(sighting());
    window.forget(sighting({ tsMs: 1_000_001 }));
    expect(window.isFresh(sighting())).toBe(true);
  });

  it('forgets rather than grows', () => {
    const window = new SightingWindow(1);
    window.isFresh(sighting());
    window.isFresh(sighting({ userId: '@b:test' }));
    expect(window.isFresh(sighting())).toBe(true);
  });
});
