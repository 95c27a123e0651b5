import { sharedSecret, type Config } from '@ganglion/config';
import { ALPHANUMERIC, UPPER_LETTERS, type DeviceId, type Ids, type UserId } from '@ganglion/kernel';
import { ACCESS_TOKEN, hashToken, mintToken, TOKEN_RANDOM_LENGTH } from '@ganglion/requester';
import { CONFIG, IDS } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import type { Account } from '../accounts/account.js';
import type { NewSession } from './open-session.js';
import type { SessionInput } from './session-input.js';

const DEVICE_ID_LENGTH = 10;
const MAX_DEVICE_IDS = 5;

/** A session to be opened, and the token itself, which nobody but the client will ever see. */
export interface MintedSession {
  session: NewSession;
  accessToken: string;
}

@Injectable()
export class NewSessions {
  private readonly checksumKey: string;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(IDS) private readonly ids: Ids,
  ) {
    const { auth, server } = config;
    this.checksumKey = auth.token_checksum_key ?? sharedSecret(server.data_dir, 'token_checksum_key');
  }

  mint(account: Account, { deviceId, displayName }: SessionInput): MintedSession {
    const accessToken = mintToken(ACCESS_TOKEN, this.ids.random(TOKEN_RANDOM_LENGTH, ALPHANUMERIC), this.checksumKey);
    return {
      accessToken,
      session: {
        deviceId: deviceId ?? this.freeDeviceId(account),
        displayName,
        tokenId: this.ids.eventId(),
        tokenHash: hashToken(accessToken),
        validUntilMs: null,
      },
    };
  }

  /** Body of a login or registration (auth.md §6.1, §6.2). @param minted  null: no device and no token were asked for */
  reply(userId: UserId, minted: MintedSession | null): Record<string, unknown> {
    const session = minted && { access_token: minted.accessToken, device_id: minted.session.deviceId };
    return { user_id: userId, home_server: this.config.server.server_name, ...session };
  }

  /** The same for a login, which also says where the homeserver is. */
  loginReply(userId: UserId, minted: MintedSession): Record<string, unknown> {
    const { public_baseurl: baseUrl } = this.config.server;
    const wellKnown = baseUrl === null ? {} : { well_known: { 'm.homeserver': { base_url: baseUrl } } };
    return { ...this.reply(userId, minted), ...wellKnown };
  }

  private freeDeviceId(account: Account): DeviceId {
    for (let attempt = 0; attempt < MAX_DEVICE_IDS; attempt++) {
      const deviceId = this.ids.random(DEVICE_ID_LENGTH, UPPER_LETTERS);
      if (!account.devices.has(deviceId)) return deviceId as DeviceId;
    }
    throw new Error(`none of ${MAX_DEVICE_IDS} generated device ids was free`);
  }
}
