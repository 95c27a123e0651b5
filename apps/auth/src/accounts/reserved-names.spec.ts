import { IRC, XMPP } from './registrations.fixture.js';
import { isExclusiveTo, isReserved } from './reserved-names.js';

describe('reserved user ids', () => {
  it('belong to the application service whose exclusive namespace they begin in', () => {
    expect(isExclusiveTo(IRC, '@irc_bob:test')).toBe(true);
    expect(isExclusiveTo(IRC, '@log_bob:test')).toBe(false);
    expect(isExclusiveTo(IRC, '@bob:test')).toBe(false);
  });
  it('include the sender, whatever the namespaces say', () => expect(isExclusiveTo(IRC, '@ircbot:test')).toBe(true));
  it('are decided by the first entry that matches', () => {
    const users = [
      { exclusive: false, regex: '@irc_guest' },
      { exclusive: true, regex: '@irc_' },
    ];
    const registration = { ...IRC, namespaces: { ...IRC.namespaces, users } };
    expect(isExclusiveTo(registration, '@irc_guest1:test')).toBe(false);
    expect(isExclusiveTo(registration, '@irc_bob:test')).toBe(true);
  });
  it('are reserved for everybody else', () => {
    expect(isReserved([IRC, XMPP], '@xmpp_bob:test', null)).toBe(true);
    expect(isReserved([IRC, XMPP], '@xmpp_bob:test', 'irc')).toBe(true);
    expect(isReserved([IRC, XMPP], '@xmpp_bob:test', 'xmpp')).toBe(false);
    expect(isReserved([IRC, XMPP], '@log_bob:test', null)).toBe(false);
  });
});
