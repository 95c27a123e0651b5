import { randomBytes } from 'node:crypto';

/** Chance, behind an interface, so that tests are seeded. */
export interface Ids {
  /** UUIDv7: ordered by time, globally unique. */
  eventId(): string;
  /** `length` characters drawn evenly from `alphabet` (at most 256 characters). */
  random(length: number, alphabet: string): string;
}

export const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
export const UPPER_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
export const ALPHANUMERIC = `${LETTERS}0123456789`;

export function makeIds(nowMs: () => number, bytes: (size: number) => Uint8Array = randomBytes): Ids {
  return {
    eventId: () => uuidV7(nowMs(), bytes(10)),
    random: (length, alphabet) => {
      let out = '';
      // Bytes that would make early letters likelier than late ones are thrown away.
      const fair = 256 - (256 % alphabet.length);
      while (out.length < length) {
        for (const byte of bytes(length + 8)) {
          if (byte < fair && out.length < length) out += alphabet[byte % alphabet.length];
        }
      }
      return out;
    },
  };
}

function uuidV7(ms: number, random: Uint8Array): string {
  const hex = Buffer.from(random).toString('hex');
  const time = ms.toString(16).padStart(12, '0');
  const variant = (8 + (parseInt(hex[3]!, 16) & 3)).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex.slice(0, 3)}-${variant}${hex.slice(4, 7)}-${hex.slice(7, 19)}`;
}
