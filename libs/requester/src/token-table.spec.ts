import fc from 'fast-check';
import { hashToken } from './token-format.js';
import { TokenTable, type TokenRecord } from './token-table.js';

const record = (n: number, more: Partial<TokenRecord> = {}): TokenRecord => ({
  tokenId: `0190${n.toString(16).padStart(4, '0')}-0000-7000-8000-000000000000`,
  tokenHash: hashToken(`token ${n}`),
  ownerUserId: `@user${n % 7}:test`,
  targetUserId: `@user${n % 7}:test`,
  deviceId: `DEVICE${n}`,
  validUntilMs: null,
  ...more,
});
const stored = ({ tokenHash: _hash, ...rest }: TokenRecord) => rest;

describe('TokenTable', () => {
  it('gives back what was put, every kind of field', () => {
    const table = new TokenTable();
    const records = [
      record(1),
      record(2, { targetUserId: '@puppet:test', deviceId: null }),
      record(3, { validUntilMs: 0, tokenId: 'not a uuid' }),
      record(4, { validUntilMs: 1_700_000_000_123 }),
    ];
    for (const one of records) table.put(one);
    expect(records.map(({ tokenHash }) => table.get(tokenHash))).toEqual(records.map(stored));
    expect(table.get(hashToken('another'))).toBeUndefined();
  });

  it('replaces what it knew', () => {
    const table = new TokenTable();
    table.put(record(1, { targetUserId: '@puppet:test', tokenId: 'odd' }));
    table.put(record(1));
    expect(table.get(record(1).tokenHash)).toEqual(stored(record(1)));
    expect(table.size).toBe(1);
  });

  it('answers with what it had until a refill is done, then with what came in that', () => {
    const table = new TokenTable();
    table.put(record(1));
    table.put(record(2));
    const refill = table.refill();
    for (let n = 2; n < 2_000; n++) refill.put(record(n, { deviceId: 'NEW' }));
    expect([1, 2, 3].map((n) => table.get(record(n).tokenHash)?.deviceId)).toEqual(['DEVICE1', 'DEVICE2', undefined]);
    refill.done();
    expect([1, 2, 3].map((n) => table.get(record(n).tokenHash)?.deviceId)).toEqual([undefined, 'NEW', 'NEW']);
    expect(table.size).toBe(1_998);
    table.put(record(1));
    table.drop(record(2).tokenHash);
    expect([1, 2, 3].map((n) => table.get(record(n).tokenHash)?.deviceId)).toEqual(['DEVICE1', undefined, 'NEW']);
  });

  it('stays at most half full while it grows', () => {
    const table = new TokenTable();
    for (let n = 0; n < 5_000; n++) table.put(record(n));
    expect(table.size).toBe(5_000);
    expect(table.sizeBytes).toBe(16_384 * 24);
    for (let n = 0; n < 5_000; n++) expect(table.get(record(n).tokenHash)?.deviceId).toBe(`DEVICE${n}`);
  });

  it('is a map, whatever is put and dropped in whatever order', () => {
    const crowded = (n: number) => `0000000${n % 3}${n.toString(16).padStart(24, '0')}${'0'.repeat(32)}`;
    const step = fc.tuple(fc.constantFrom('put', 'put', 'drop'), fc.nat(40));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const [table, model] = [new TokenTable(), new Map<string, TokenRecord>()];
        for (const [op, n] of steps) {
          const one = record(n, { tokenHash: crowded(n) });
          if (op === 'put') table.put(one);
          else table.drop(one.tokenHash);
          if (op === 'put') model.set(one.tokenHash, one);
          else model.delete(one.tokenHash);
        }
        for (let n = 0; n <= 40; n++) {
          const expected = model.get(crowded(n));
          expect(table.get(crowded(n))).toEqual(expected && stored(expected));
        }
        expect(table.size).toBe(model.size);
      }),
    );
  });
});
