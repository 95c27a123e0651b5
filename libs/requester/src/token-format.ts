import { createHmac, hash } from 'node:crypto';

/**
 * Tokens read `<prefix>_<random>_<checksum>`. The prefix tells leaked ones by sight, the keyed checksum tells inventions
 * from tokens of ours without asking anybody (auth.md §2.2).
 */
export type TokenPrefix = 'gat' | 'grt' | 'glt';
export const ACCESS_TOKEN: TokenPrefix = 'gat';
export const REFRESH_TOKEN: TokenPrefix = 'grt';
export const LOGIN_TOKEN: TokenPrefix = 'glt';

/** Letters and digits to draw for `random`: 131 bits. */
export const TOKEN_RANDOM_LENGTH = 22;

export interface TokenParts {
  prefix: string;
  random: string;
  checksum: string;
}

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const CHECKSUM_LENGTH = 8;
const SHAPE = /^(g[a-z]t)_([0-9A-Za-z]{19,64})_([0-9A-Za-z]{8})$/;

/** @param random  at least 19 letters or digits (110 bits), drawn evenly */
export function mintToken(prefix: TokenPrefix, random: string, key: string): string {
  const token = `${prefix}_${random}_${checksumOf(`${prefix}_${random}`, key)}`;
  if (!SHAPE.test(token)) throw new Error('a token needs 19 to 64 letters or digits of chance');
  return token;
}

/** The parts of a token that has our shape; its checksum may still be wrong. */
export function parseToken(token: string): TokenParts | null {
  const match = SHAPE.exec(token);
  return match ? { prefix: match[1]!, random: match[2]!, checksum: match[3]! } : null;
}

/**
 * Was this token minted with our key? The comparison need not hide how far it got: knowing the checksum of an invented
 * token buys one look-up in vain.
 */
export function hasRightChecksum(token: string, key: string): boolean {
  const parts = parseToken(token);
  return parts !== null && checksumOf(`${parts.prefix}_${parts.random}`, key) === parts.checksum;
}

/** The only form in which a token is kept or travels: SHA-256, lower-case hex. */
export function hashToken(token: string): string {
  return hash('sha256', token, 'hex');
}

/** 48 bits of the HMAC as eight letters and digits; none of them is the separator. */
function checksumOf(body: string, key: string): string {
  let rest = createHmac('sha256', key).update(body).digest().readUIntBE(0, 6);
  let text = '';
  for (let i = 0; i < CHECKSUM_LENGTH; i++) {
    text = BASE62[rest % 62]! + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}
