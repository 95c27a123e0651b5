/** The processes of a deployment that own a log, in the order in which they are stopped last to first. */
export const LOG_SERVICES = ['auth', 'moderation', 'rooms', 'appservice', 'accounting'] as const;
export type LogService = (typeof LOG_SERVICES)[number];

export const SERVICES = [...LOG_SERVICES, 'gateway'] as const;
export type ServiceName = (typeof SERVICES)[number];
