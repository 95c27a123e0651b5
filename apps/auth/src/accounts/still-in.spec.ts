import { fold } from '@ganglion/kernel';
import { requester } from '@ganglion/testing';
import { account } from './account.js';
import { deactivated, device, KERMIT, registered, revoked, token } from './accounts.fixture.js';
import { checkStillIn } from './still-in.js';

const live = fold(account, [registered(), device(), token(1)]);
const refused = (code: string) => expect.objectContaining({ code });

describe('whether a session is still in', () => {
  it('is while its token is', () => expect(() => checkStillIn(live, requester(KERMIT))).not.toThrow());
  it('is not when its token was revoked, nor when the account was deactivated', () => {
    const ended = fold(account, [registered(), device(), token(1), revoked(1)]);
    expect(() => checkStillIn(ended, requester(KERMIT))).toThrow(refused('UNKNOWN_TOKEN'));
    expect(() => checkStillIn(ended, requester(KERMIT, { accessTokenId: null }))).toThrow(refused('UNKNOWN_TOKEN'));
  });
  it('goes by the account where the token is not its own', () => {
    const puppet = requester(KERMIT, { authenticatedEntity: '@root:test', accessTokenId: 'token-of-root' });
    const bridge = requester(KERMIT, { appServiceId: 'irc', accessTokenId: null });
    const guest = requester(KERMIT, { isGuest: true, accessTokenId: null });
    const gone = fold(account, [registered(), deactivated()]);
    for (const other of [puppet, bridge, guest]) {
      expect(() => checkStillIn(live, other)).not.toThrow();
      expect(() => checkStillIn(gone, other)).toThrow(refused('USER_DEACTIVATED'));
      expect(() => checkStillIn(fold(account, []), other)).toThrow(refused('NOT_REGISTERED'));
    }
  });
});
