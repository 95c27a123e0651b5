import { Refusal } from '@ganglion/kernel';

/** The limit state that a decision looks at (accounting.md §7). */
export interface LimitState {
  hsDisabled: boolean;
  hsDisabledMessage: string;
  limitUsageByMau: boolean;
  maxMauValue: number;
  adminContact: string | null;
  trackAppserviceUserIps: boolean;
  serverName: string;
  /** Native members of the cohort. */
  current: number;
  isMember(userId: string): boolean;
  isTrial(userId: string): boolean;
  isSupport(userId: string): boolean;
}

/** Who asks: the entity that proved an identity, and the appservice whose token it was. */
export interface BlockInput {
  authenticatedEntity: string;
  appServiceId: string | null;
}

/**
 * Whether the limits let this requester through. Admins have no exemption of their own; members stay.
 * @returns null, or the refusal 403 M_RESOURCE_LIMIT_EXCEEDED to answer with
 */
export function blockDecision(state: LimitState, { authenticatedEntity, appServiceId }: BlockInput): Refusal | null {
  if (authenticatedEntity === state.serverName) return null;
  if (appServiceId !== null && !state.trackAppserviceUserIps) return null;
  if (state.isSupport(authenticatedEntity)) return null;
  if (state.hsDisabled) return blocked(state, 'hs_disabled', state.hsDisabledMessage);
  if (!state.limitUsageByMau) return null;
  if (state.isMember(authenticatedEntity) || state.isTrial(authenticatedEntity)) return null;
  if (state.current < state.maxMauValue) return null;
  return blocked(state, 'monthly_active_user', 'Monthly Active User Limit Exceeded');
}

function blocked({ adminContact }: LimitState, limitType: string, message: string): Refusal {
  const details = { admin_contact: adminContact, limit_type: limitType };
  return new Refusal('RESOURCE_LIMIT', 'forbidden', message, 'M_RESOURCE_LIMIT_EXCEEDED', details);
}
