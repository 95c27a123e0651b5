import type { JsonObject } from './json-values.js';
import type { RoomVersion } from './room-version.js';

export type PresetName = 'private_chat' | 'trusted_private_chat' | 'public_chat';

export interface Preset {
  joinRule: string;
  historyVisibility: string;
  guestAccess: string;
  /** Level needed to invite. */
  inviteLevel: number;
  /** Invitees rank with the creator. */
  trustsInvitees: boolean;
}

const PRIVATE_CHAT: Preset = {
  joinRule: 'invite',
  historyVisibility: 'shared',
  guestAccess: 'can_join',
  inviteLevel: 0,
  trustsInvitees: false,
};

export const PRESETS: Readonly<Record<PresetName, Preset>> = {
  private_chat: PRIVATE_CHAT,
  trusted_private_chat: { ...PRIVATE_CHAT, trustsInvitees: true },
  public_chat: {
    joinRule: 'public',
    historyVisibility: 'shared',
    guestAccess: 'forbidden',
    inviteLevel: 50,
    trustsInvitees: false,
  },
};

const CREATOR_LEVEL = 100;

/** The content of m.room.power_levels before the creator's overrides. */
export function generatedPowerLevels(
  preset: PresetName,
  version: RoomVersion,
  creatorId: string,
  invitees: readonly string[],
): JsonObject {
  const { inviteLevel, trustsInvitees } = PRESETS[preset];
  // From version 12 on creators, and with this preset the invitees, stand above the levels and are not listed.
  const listed = version.creatorsHaveInfinitePower ? [] : [creatorId, ...(trustsInvitees ? invitees : [])];
  return {
    users: Object.fromEntries(listed.map((userId) => [userId, CREATOR_LEVEL])),
    users_default: 0,
    events_default: 0,
    state_default: 50,
    ban: 50,
    kick: 50,
    redact: 50,
    invite: inviteLevel,
    events: {
      'm.room.name': 50,
      'm.room.avatar': 50,
      'm.room.canonical_alias': 50,
      'm.room.power_levels': 100,
      'm.room.history_visibility': 100,
      'm.room.server_acl': 100,
      'm.room.encryption': 100,
      'm.room.tombstone': version.creatorsHaveInfinitePower ? 150 : 100,
    },
  };
}
