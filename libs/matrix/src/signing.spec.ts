import { contentHash } from './event-hash.js';
import type { Pdu } from './pdu.js';
import { redact } from './redact.js';
import { ROOM_VERSIONS } from './room-version.js';
import {
  decodeBase64,
  encodeUnpaddedBase64,
  generateSigningKey,
  signEvent,
  signJson,
  signingKeyFromSeed,
  verifyEvent,
  verifyJson,
} from './signing.js';
import { errcodeOf } from './test-room.fixture.js';

/** From "Cryptographic Test Vectors" of the specification. */
const KEY = signingKeyFromSeed('1', decodeBase64('YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1')!);
const MESSAGE = {
  content: { body: 'Here is the message content' },
  event_id: '$0:domain',
  origin: 'domain',
  origin_server_ts: 1000000,
  room_id: '!r:domain',
  sender: '@u:domain',
  type: 'm.room.message',
  unsigned: { age_ts: 1000000 },
};

describe('CLI-271 the signatures of the specification', () => {
  it.each([
    [{}, 'K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/7Xg4ahLwYGYZzuHGZKM5ZAQ'],
    [{ one: 1, two: 'Two' }, 'KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw'],
  ])('%j', (object, signature) => {
    expect(signJson(object, 'domain', KEY)).toEqual({ domain: { 'ed25519:1': signature } });
  });

  it('an event, by what a redaction leaves of it', () => {
    const hashed = { ...MESSAGE, hashes: { sha256: contentHash(MESSAGE) } } as unknown as Pdu;
    const signed = { ...hashed, signatures: signEvent(hashed, ROOM_VERSIONS['10'], 'domain', KEY) };
    expect(signed.signatures).toEqual({
      domain: {
        'ed25519:1': 'Wm+VzmOUOz08Ds+0NTWb1d4CZrVsJSikkeRxh6aCcUwu6pNC78FunoD7KNWzqFn241eYHYMGCA5McEiVPdhzBA',
      },
    });
    for (const event of [signed, redact(signed, ROOM_VERSIONS['10'])]) {
      expect(verifyEvent(event, ROOM_VERSIONS['10'], 'domain', 'ed25519:1', KEY.publicKey)).toBe(true);
    }
  });
});

describe('verification', () => {
  const signed = { a: 1, signatures: signJson({ a: 1 }, 'domain', KEY) };
  const verifies = (object: object, server = 'domain', keyId = 'ed25519:1', key = KEY.publicKey) =>
    verifyJson(object, server, keyId, key);

  it('accepts the object with other unsigned data and more signatures', () => {
    expect(verifies(signed)).toBe(true);
    expect(verifies({ ...signed, unsigned: { x: 1 } })).toBe(true);
    const other = generateSigningKey('b', (size) => new Uint8Array(size).fill(7)).key;
    const twice = { ...signed, signatures: signJson(signed, 'domain', other) };
    expect(Object.keys(twice.signatures['domain']!)).toEqual(['ed25519:1', 'ed25519:b']);
    expect(verifies(twice)).toBe(true);
    expect(verifies(twice, 'domain', 'ed25519:b', other.publicKey)).toBe(true);
    expect(verifies(twice, 'domain', 'ed25519:b')).toBe(false);
  });

  it('refuses another object, server, key id and key', () => {
    expect(verifies({ ...signed, a: 2 })).toBe(false);
    expect(verifies(signed, 'other')).toBe(false);
    expect(verifies(signed, 'constructor')).toBe(false);
    expect(verifies(signed, 'domain', 'ed25519:2')).toBe(false);
    expect(verifies(signed, 'domain', 'ed25519:1', encodeUnpaddedBase64(new Uint8Array(32).fill(9)))).toBe(false);
  });

  it.each(['', 'AAAA', '*', 'A'.repeat(43) + '*'])('takes %p for no key', (key) =>
    expect(verifies(signed, 'domain', 'ed25519:1', key)).toBe(false),
  );

  it.each([undefined, null, 'x', { domain: 'x' }, { domain: { 'ed25519:1': 7 } }, { domain: { 'ed25519:1': 'AAAA' } }])(
    'takes %j for no signatures',
    (signatures) => expect(verifies({ a: 1, signatures })).toBe(false),
  );
});

it('makes new keys from chance alone', () => {
  const [a, b] = [generateSigningKey('a_1'), generateSigningKey('a_1')];
  expect(a.key.keyId).toBe('ed25519:a_1');
  expect(a.key.publicKey).not.toBe(b.key.publicKey);
  expect(signingKeyFromSeed('a_1', a.seed).publicKey).toBe(a.key.publicKey);
  expect(() => signingKeyFromSeed('a:1', a.seed)).toThrow(RangeError);
  expect(() => signingKeyFromSeed('a', a.seed.subarray(1))).toThrow(RangeError);
});

it('does not sign what has no canonical form', () =>
  expect(errcodeOf(() => signJson({ a: 0.5 }, 'domain', KEY))).toBe('M_BAD_JSON'));

it.each([
  ['', ''],
  ['f', 'Zg'],
  ['fo', 'Zm8'],
  ['foo', 'Zm9v'],
  ['foobar', 'Zm9vYmFy'],
])('base64 of %p is %p', (text, base64) => {
  expect(encodeUnpaddedBase64(Buffer.from(text))).toBe(base64);
  expect(decodeBase64(base64)!.toString()).toBe(text);
});

it('decodes padded and URL-safe base64, nothing else', () => {
  expect(decodeBase64('Zg==')!.toString()).toBe('f');
  expect(decodeBase64('-_8')).toEqual(decodeBase64('+/8='));
  for (const text of ['Z g', 'Zg===', '+-', 'é']) expect(decodeBase64(text)).toBeNull();
});
