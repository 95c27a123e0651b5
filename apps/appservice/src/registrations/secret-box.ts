import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Keeps short secrets in the database so that a copy of the database alone does not give them away. */
export class SecretBox {
  private readonly key: Buffer;

  /** @param secret  base64url text with at least 256 bits of chance */
  constructor(secret: string) {
    this.key = createHash('sha256').update(secret).digest();
  }

  /** @param place  what the secret belongs to; opening it elsewhere fails, so rows cannot be exchanged */
  seal(text: string, place: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.key, nonce).setAAD(Buffer.from(place));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
  }

  /** @throws Error when it was sealed with another key, for another place, or has been changed */
  open(box: Buffer, place: string): string {
    const decipher = createDecipheriv(ALGORITHM, this.key, box.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(place)).setAuthTag(box.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    return decipher.update(box.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
  }
}
