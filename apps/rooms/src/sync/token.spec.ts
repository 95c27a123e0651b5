import { Refusal } from '@ganglion/kernel';
import fc from 'fast-check';
import { formatToken, isOfThisHistory, parseToken } from './token.js';

const LOG_ID = '3f9a1c2b4d5e6f70';

describe('sync tokens', () => {
  it('come back as they went out', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 15 - 1 }), (pos) => {
        expect(parseToken(formatToken(LOG_ID, pos))).toEqual({ log: '3f9a1c2b', roomsPos: pos });
      }),
    );
  });

  it('reads a component it does not use, and 0 where one is missing', () => {
    expect(parseToken('s1_3f9a1c2b_r120_e44_c18')).toEqual({ log: '3f9a1c2b', roomsPos: 120 });
    expect(parseToken('s1_3f9a1c2b')).toEqual({ log: '3f9a1c2b', roomsPos: 0 });
  });

  it.each([
    ['CLI-134 garbage', 'garbage'],
    ['another version', 's2_3f9a1c2b_r1'],
    ['a stream of a newer server', 's1_3f9a1c2b_r1_z9'],
    ['a negative position', 's1_3f9a1c2b_r-1'],
    ['a fraction', 's1_3f9a1c2b_r1.5'],
    ['the same stream twice', 's1_3f9a1c2b_r1_r2'],
    ['an empty component', 's1_3f9a1c2b_'],
    ['no log', 's1'],
    ['more than 255 characters', `s1_3f9a1c2b${'_r1'.repeat(100)}`],
  ])('refuses %s', (_, text) => {
    expect(() => parseToken(text)).toThrow(Refusal);
  });

  it('knows a token of another log and one from the future', () => {
    const at = (text: string) => isOfThisHistory(parseToken(text), LOG_ID, 100);
    expect(at('s1_3f9a1c2b_r100')).toBe(true);
    expect(at('s1_3f9a1c2b_r101')).toBe(false);
    expect(at('s1_00000000_r1')).toBe(false);
  });
});
