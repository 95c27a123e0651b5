import { blockDecision, type LimitState } from './block-decision.js';

const state = (changes: Partial<LimitState> = {}): LimitState => ({
  hsDisabled: false,
  hsDisabledMessage: 'Back at noon',
  limitUsageByMau: true,
  maxMauValue: 1,
  adminContact: 'mailto:root@test',
  trackAppserviceUserIps: false,
  serverName: 'test',
  current: 1,
  isMember: () => false,
  isTrial: () => false,
  isSupport: () => false,
  ...changes,
});
const someone = { authenticatedEntity: '@a:test', appServiceId: null };
const allowed = (changes: Partial<LimitState>, who = someone) => blockDecision(state(changes), who) === null;

describe('the block decision', () => {
  it('blocks a newcomer when the cohort is full, and says whom to write to', () => {
    expect(blockDecision(state(), someone)).toMatchObject({
      kind: 'forbidden',
      errcode: 'M_RESOURCE_LIMIT_EXCEEDED',
      details: { admin_contact: 'mailto:root@test', limit_type: 'monthly_active_user' },
    });
  });
  it('lets newcomers in while there is room', () => expect(allowed({ maxMauValue: 2 })).toBe(true));
  it('never blocks a member', () => expect(allowed({ isMember: () => true, current: 9 })).toBe(true));
  it('never blocks a trial user', () => expect(allowed({ isTrial: () => true })).toBe(true));
  it('does not look at the count when there is no limit', () => expect(allowed({ limitUsageByMau: false })).toBe(true));

  it('blocks members too when the homeserver is disabled', () => {
    expect(blockDecision(state({ hsDisabled: true, isMember: () => true }), someone)).toMatchObject({
      message: 'Back at noon',
      details: { limit_type: 'hs_disabled' },
    });
  });
  it('but not support users', () => expect(allowed({ hsDisabled: true, isSupport: () => true })).toBe(true));
  it('nor the server itself', () =>
    expect(allowed({ hsDisabled: true }, { authenticatedEntity: 'test', appServiceId: null })).toBe(true));
  it('nor appservices, unless their users are tracked', () => {
    const bridge = { authenticatedEntity: '@irc_a:test', appServiceId: 'irc' };
    const withBridge = (track: boolean) =>
      blockDecision(state({ hsDisabled: true, trackAppserviceUserIps: track }), bridge as never);
    expect(withBridge(false)).toBeNull();
    expect(withBridge(true)).not.toBeNull();
  });
});
