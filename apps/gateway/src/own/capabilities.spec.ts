import { loadConfig } from '@ganglion/config';
import { requester } from '@ganglion/testing';
import type { ClientCall } from '../edge/client-call.js';
import { localHandlers } from './local.handlers.js';

const NAMED = { GANGLION_PROFILE: 'test', GANGLION_SERVER_NAME: 'test' };
const told = (isAdmin: boolean, env: Record<string, string> = {}) => {
  const tell = localHandlers(loadConfig({ ...NAMED, ...env })).get('capabilities')!;
  const { body } = tell({ requester: requester('@a:test', { isAdmin }) } as ClientCall) as { body: string };
  return (JSON.parse(body) as { capabilities: Record<string, unknown> }).capabilities;
};

describe('capabilities', () => {
  it('MOD-149 tell admins, and nobody else, that they can lock and suspend', () => {
    expect(told(true)['m.account_moderation']).toEqual({ suspend: true, lock: true });
    expect(told(false)).not.toHaveProperty(['m.account_moderation']);
  });

  it.each([
    [{}, true],
    [{ GANGLION_AUTH__PASSWORD_CONFIG__ENABLED: 'false' }, false],
    [{ GANGLION_AUTH__PASSWORD_CONFIG__ENABLED: 'only_for_reauth' }, false],
    [{ GANGLION_AUTH__PASSWORD_CONFIG__LOCALDB_ENABLED: 'false' }, false],
  ])('tell whether passwords can be changed: with %j', (env, enabled) =>
    expect(told(false, env)['m.change_password']).toEqual({ enabled }),
  );
});
