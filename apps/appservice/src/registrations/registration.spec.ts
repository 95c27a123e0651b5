import type { RegistrationPublic } from '@ganglion/contracts';
import { register, registrationDecider, remove, type RegistrationEvent } from './registration.js';

const irc: RegistrationPublic = {
  asId: 'irc',
  sender: '@ircbot:hs.test',
  asTokenHash: 'aa',
  namespaces: { users: [], aliases: [], rooms: [] },
  rateLimited: true,
  ipRangeWhitelist: null,
  protocols: [],
  hasUrl: true,
};
const added: RegistrationEvent = { type: 'registration.added', data: irc };
const after = (...events: RegistrationEvent[]) =>
  events.reduce(registrationDecider.evolve, registrationDecider.initial());

describe('a registration in the log', () => {
  it('is added when the log does not know it', () => expect(register(after(), irc, [])).toEqual([added]));

  it('is left alone when nothing differs', () => expect(register(after(added), { ...irc }, [])).toEqual([]));

  it('is changed with the names of what differs, secret parts included', () => {
    const wanted = { ...irc, rateLimited: false };
    expect(register(after(added), wanted, ['url'])).toEqual([
      { type: 'registration.changed', data: { ...wanted, changed: ['rateLimited', 'url'] } },
    ]);
  });

  it('is compared with its last change', () => {
    const changed: RegistrationEvent = {
      type: 'registration.changed',
      data: { ...irc, asTokenHash: 'bb', changed: ['asTokenHash'] },
    };
    expect(register(after(added, changed), { ...irc, asTokenHash: 'bb' }, [])).toEqual([]);
  });

  it('is removed once, and may come back', () => {
    const removed: RegistrationEvent = { type: 'registration.removed', data: { asId: 'irc' } };
    expect(remove(after(added), 'irc')).toEqual([removed]);
    expect(remove(after(added, removed), 'irc')).toEqual([]);
    expect(register(after(added, removed), irc, [])).toEqual([added]);
  });
});
