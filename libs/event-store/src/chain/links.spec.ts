import fc from 'fast-check';
import { type ChainedRow, genesisOf, linkOf } from './links.js';

const TEXTS = ['stream', 'type', 'meta', 'key_id', 'data'] as const;
const row: ChainedRow = {
  pos: '12',
  vshard: '3',
  stream: 'lamp-1',
  ver: '4',
  type: 'lamp.lit',
  v: '1',
  id: '018f0000-0000-7000-8000-000000000000',
  at: '1700000000000',
  meta: '{}',
  key_id: 'key',
  data: '{"by":"alice"}',
  link: null,
};
const hex = (changed: Partial<ChainedRow>, log = 'auth') =>
  linkOf(genesisOf(log), { ...row, ...changed }).toString('hex');

describe('the link of an event', () => {
  it('is what it has always been: whatever is kept of old logs must go on fitting', () => {
    expect(genesisOf('auth').toString('hex')).toBe('818e87f9dfa3a01f967d68a29deba089510b6674dcf988e7b5c19c9962c96e56');
    expect(hex({})).toBe('56c114915edf5c6b72b1e38528c40e07cf3aba97efea524cff36c93fe09648f5');
  });

  it('depends on the log and on every column', () => {
    const all = [
      hex({}),
      hex({}, 'rooms'),
      ...Object.keys(row)
        .filter((column) => column !== 'link')
        .map((column) => hex({ [column]: '77' })),
      hex({ key_id: null }),
      hex({ key_id: '' }),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  it('differs wherever one text ends and the next begins', () => {
    const cuts = fc.array(fc.nat(12), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 12, maxLength: 12 }), cuts, cuts, (text, a, b) => {
        const [one, other] = [divided(text, a), divided(text, b)];
        const same = TEXTS.every((column) => one[column] === other[column]);
        expect(hex(one) === hex(other)).toBe(same);
      }),
    );
  });
});

function divided(text: string, cuts: number[]): Record<(typeof TEXTS)[number], string> {
  const ends = [0, ...cuts.toSorted((a, b) => a - b), text.length];
  return Object.fromEntries(TEXTS.map((column, i) => [column, text.slice(ends[i], ends[i + 1])])) as ReturnType<
    typeof divided
  >;
}
