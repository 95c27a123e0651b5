import type { JsonObject } from './json-values.js';
import { generateSigningKey, signJson } from './signing.js';
import { ALICE, BOB, CAROL, TestRoom, VERSIONS, errcodeOf } from './test-room.fixture.js';

const keyOf = (fill: number) => generateSigningKey('0', (size) => new Uint8Array(size).fill(fill)).key;
const [IDENTITY, STRANGER] = [keyOf(1), keyOf(2)];

function signedFor(mxid: unknown, token: unknown = 'token', key = IDENTITY): JsonObject {
  const signed = { mxid, token };
  return {
    third_party_invite: { display_name: 'b…', signed: { ...signed, signatures: signJson(signed, 'id.test', key) } },
  };
}

describe.each(VERSIONS)('A4i an invite by e-mail address, version %s', (id) => {
  const announced = (content: JsonObject = { public_key: IDENTITY.publicKey }) => {
    const room = TestRoom.created(id).joined(CAROL);
    room.send(ALICE, 'm.room.third_party_invite', content, 'token');
    return room;
  };
  const invite = (room: TestRoom, more: JsonObject, sender = ALICE) => room.member(sender, 'invite', BOB, more);

  it('is allowed when the identity server has signed it', () => {
    const room = announced();
    invite(room, signedFor(BOB));
    room.member(BOB, 'join');
  });

  it('takes any key of the announcement', () => {
    const keys = [{ public_key: STRANGER.publicKey }, { public_key: IDENTITY.publicKey }, 7, {}];
    invite(announced({ public_key: 'nonsense', public_keys: keys }), signedFor(BOB));
  });

  it.each<[string, JsonObject]>([
    ['for another user', signedFor(CAROL)],
    ['for nobody', signedFor(7)],
    ['with another token', signedFor(BOB, 'other')],
    ['without a token', signedFor(BOB, 7)],
    ['signed by a stranger', signedFor(BOB, 'token', STRANGER)],
    ['unsigned', { third_party_invite: { signed: { mxid: BOB, token: 'token' } } }],
    ['with odd signatures', { third_party_invite: { signed: { mxid: BOB, token: 'token', signatures: { h: 'x' } } } }],
    ['without signed', { third_party_invite: {} }],
    ['of no shape', { third_party_invite: null }],
  ])('is denied %s', (_case, more) => expect(errcodeOf(() => invite(announced(), more))).toBe('M_FORBIDDEN'));

  it('is denied from others than the announcer, for the banned, and unannounced', () => {
    expect(errcodeOf(() => invite(announced(), signedFor(BOB), CAROL))).toBe('M_FORBIDDEN');
    const room = announced();
    room.member(ALICE, 'ban', BOB);
    expect(errcodeOf(() => invite(room, signedFor(BOB)))).toBe('M_FORBIDDEN');
    expect(errcodeOf(() => invite(TestRoom.created(id), signedFor(BOB)))).toBe('M_FORBIDDEN');
  });
});
