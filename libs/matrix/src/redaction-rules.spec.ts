import { checkRedaction, redactsOf } from './redaction-rules.js';
import { ALICE, BOB, CAROL, TestRoom, VERSIONS, errcodeOf } from './test-room.fixture.js';

describe.each(VERSIONS)('who may redact, version %s', (id) => {
  const room = TestRoom.created(id).joined(BOB, CAROL);
  const message = room.send(BOB, 'm.room.message', { body: 'x' });
  const check =
    (sender: string, { pdu, roomId }: { pdu: typeof message.pdu; roomId: string }) =>
    () =>
      checkRedaction({ sender, roomId: room.id }, { pdu, roomId }, room.state, room.version);

  it('the sender of the event, and whoever has the level', () => {
    expect(check(BOB, message)).not.toThrow();
    expect(check(ALICE, message)).not.toThrow();
    expect(errcodeOf(check(CAROL, message))).toBe('M_FORBIDDEN');
  });

  it('nobody what is unknown or elsewhere', () => {
    const unknown = () => checkRedaction({ sender: BOB, roomId: room.id }, undefined, room.state, room.version);
    expect(errcodeOf(unknown)).toBe('M_NOT_FOUND');
    expect(errcodeOf(check(BOB, { ...message, roomId: '!other:h' }))).toBe('M_INVALID_PARAM');
  });

  it('nobody the create event or a server ACL', () => {
    expect(errcodeOf(check(ALICE, room.log[0]!))).toBe('M_FORBIDDEN');
    const acl = room.send(ALICE, 'm.room.server_acl', { allow: ['*'] }, '');
    expect(errcodeOf(check(ALICE, acl))).toBe('M_FORBIDDEN');
  });

  it('the target is found wherever the version puts it', () => {
    const { pdu } = room.send(BOB, 'm.room.redaction', { redacts: message.eventId });
    expect(redactsOf(pdu, room.version)).toBe(message.eventId);
    expect(redactsOf({ ...message.pdu, content: { redacts: 7 } }, room.version)).toBeUndefined();
  });
});
