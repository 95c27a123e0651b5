import { sharedSecret, type Config } from '@ganglion/config';
import { logOf } from '@ganglion/contracts';
import { TokenTable, type ResolveOptions } from '@ganglion/requester';
import {
  AccountsReplica,
  AppservicesReplica,
  fenceMember,
  RestrictionsReplica,
  type Core,
  type Followers,
} from '@ganglion/service';
import type { Sightings } from '../sightings/sightings.service.js';
import { Fences } from './fences.service.js';
import { Identity } from './identity.service.js';
import { LiveRequests } from './live-requests.js';
import { NewerTokens } from './newer-tokens.service.js';
import { ReplicaDirectory } from './replicas.directory.js';
import { UnknownTokens } from './unknown-tokens.js';

/** Who asks, put together: replicas, fences, and what a revocation ends before it is acknowledged. */
export function sessionParts(core: Core, followers: Followers, sightings: Sightings) {
  const { config, rpc, clock, instance } = core;
  const tokens = new TokenTable();
  const unknown = new UnknownTokens();
  const live = new LiveRequests();
  const accounts = new AccountsReplica('gateway.accounts', rpc, tokens);
  const restrictions = new RestrictionsReplica('gateway.restrictions', rpc);
  const appservices = new AppservicesReplica('gateway.appservices', rpc);
  followers.follow('auth', accounts);
  followers.follow('moderation', restrictions);
  followers.follow('appservice', appservices);
  accounts.onRevoked((revoked) => {
    if ('tokenHash' in revoked) unknown.add(revoked.tokenHash);
    live.recheck(revoked);
  });
  accounts.onChanged((userId) => live.recheck({ userId }));
  restrictions.onChanged((userId) => live.recheck({ userId }));
  const members = {
    auth: fenceMember(accounts, logOf('auth'), instance, core),
    moderation: fenceMember(restrictions, logOf('moderation'), instance, core),
  };
  const fences = new Fences(members, () => appservices.applied().logId !== '');
  const newer = new NewerTokens(rpc, followers, unknown);
  const identity = new Identity({
    directory: new ReplicaDirectory(accounts, restrictions, appservices, tokens, unknown),
    fences,
    options: resolveOptions(config),
    clock,
    learn: (tokenHash) => newer.learn(tokenHash),
    onRefused: (seen) => sightings.tell(seen),
  });
  return { identity, fences, live, tokens };
}

function resolveOptions({ server, auth, accounting }: Config): ResolveOptions {
  return {
    serverName: server.server_name,
    allowQueryAccessToken: auth.allow_query_access_token,
    msc3202DeviceMasquerading: auth.msc3202_device_masquerading,
    trackAppserviceUserIps: accounting.track_appservice_user_ips,
    trackPuppetedUserIps: accounting.track_puppeted_user_ips,
    tokenChecksumKey: auth.token_checksum_key ?? sharedSecret(server.data_dir, 'token_checksum_key'),
  };
}
