import type { RegistrationPublic } from '@ganglion/contracts';

/** Application service that owns `@irc_…` and shares `@log_…`; its sender is `@ircbot:test`. */
export const IRC: RegistrationPublic = {
  asId: 'irc',
  sender: '@ircbot:test',
  asTokenHash: 'a'.repeat(64),
  namespaces: {
    users: [
      { exclusive: true, regex: '@irc_.*' },
      { exclusive: false, regex: '@log_.*' },
    ],
    aliases: [],
    rooms: [],
  },
  rateLimited: false,
  ipRangeWhitelist: null,
  protocols: [],
  hasUrl: true,
};
/** Another one, which owns `@xmpp_…` and manages its devices itself. */
export const XMPP: RegistrationPublic = {
  ...IRC,
  asId: 'xmpp',
  sender: '@xmppbot:test',
  asTokenHash: 'b'.repeat(64),
  namespaces: { users: [{ exclusive: true, regex: '@xmpp_.*' }], aliases: [], rooms: [] },
  deviceManaged: true,
};
