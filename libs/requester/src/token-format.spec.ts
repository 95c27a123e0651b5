import { hashToken, hasRightChecksum, mintToken, parseToken } from './token-format.js';

const random = 'abcdefghijklmnopqrstuv';

describe('tokens', () => {
  it('carry prefix, chance and a checksum that only the key makes', () => {
    const token = mintToken('gat', random, 'key');
    expect(token).toMatch(/^gat_abcdefghijklmnopqrstuv_[0-9A-Za-z]{8}$/);
    expect(parseToken(token)).toMatchObject({ prefix: 'gat', random });
    expect(hasRightChecksum(token, 'key')).toBe(true);
    expect(hasRightChecksum(token, 'other key')).toBe(false);
    expect(mintToken('gat', random, 'other key')).not.toBe(token);
  });

  it('of another kind have another checksum', () => {
    const swapped = mintToken('gat', random, 'key').replace('gat_', 'grt_');
    expect(hasRightChecksum(swapped, 'key')).toBe(false);
  });

  it.each([
    '',
    'gat',
    'gat_x_y',
    'syt_abc_def',
    `gat_${random}_short`,
    `gat_${random}_12345678_more`,
    'gat_é_12345678',
  ])('%j has not our shape', (text) => expect(parseToken(text)).toBeNull());

  it('are not made of too little chance', () => {
    expect(() => mintToken('gat', 'short', 'key')).toThrow('chance');
  });

  it('are known by SHA-256 in lower-case hex', () => {
    expect(hashToken('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});
