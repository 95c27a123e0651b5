import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { routes } from '@ganglion/contracts';
import { FixedClock, systemTimers } from '@ganglion/kernel';
import { addressRanges, hashToken, type Directory } from '@ganglion/requester';
import type { Fences } from '../session/fences.service.js';
import { Identity } from '../session/identity.service.js';
import { LiveRequests } from '../session/live-requests.js';
import type { Sightings } from '../sightings/sightings.service.js';
import { Admission } from './admission.js';
import { json } from './answer.js';
import { endpointsOf } from './endpoints.js';
import { Exchange } from './exchange.http.js';
import { Pipeline } from './pipeline.service.js';
import { Places } from './places.js';

const TOKEN = 'a token';
const OPTIONS = {
  serverName: 'test',
  allowQueryAccessToken: true,
  msc3202DeviceMasquerading: false,
  trackAppserviceUserIps: false,
  trackPuppetedUserIps: false,
  tokenChecksumKey: 'key',
};

/** A pipeline over one token; `onLookUp` runs whenever the replica is asked about it. */
function pipelineOf(onLookUp: (revoke: () => void) => void) {
  const live = new LiveRequests();
  const served: string[] = [];
  let isRevoked = false;
  const revoke = () => {
    isRevoked = true;
    live.recheck({ tokenHash: hashToken(TOKEN) });
  };
  const directory = {
    token: () => {
      if (isRevoked) return undefined;
      onLookUp(revoke);
      return { tokenId: 'id', ownerUserId: '@a:test', targetUserId: '@a:test', deviceId: 'D', validUntilMs: null };
    },
    account: () => ({ isGuest: false, isAdmin: false, deactivated: false }),
    isKnownUnknown: () => isRevoked,
    appserviceByTokenHash: () => undefined,
    hasDevice: () => false,
    isLocked: () => false,
    isSuspended: () => false,
    isShadowBanned: () => false,
    seen: () => ({ auth: 0, moderation: 0 }),
  } satisfies Directory;
  const fences = { isOpen: () => true, demandOpen: () => undefined } as unknown as Fences;
  const learn = () => Promise.reject(new Error('nobody is to be asked'));
  const identity = new Identity({
    directory,
    fences,
    options: OPTIONS,
    clock: new FixedClock(),
    learn,
    onRefused: () => undefined,
  });
  const sightings = { checks: () => false, tell: () => undefined } as unknown as Sightings;
  const forward = async () => {
    served.push('joinedRooms');
    return json({});
  };
  const handlers = { local: new Map(), remote: new Map(), forward };
  const trustedProxies = addressRanges([]);
  const places = new Places({ clock: new FixedClock(), most: 1, slowMs: 1 });
  const admission = new Admission({ overloaded: () => false, places, timers: systemTimers });
  const parts = { identity, fences, live, sightings, trustedProxies, handlers, admission };
  const pipeline = new Pipeline({ ...parts, serverName: 'test' });
  return { pipeline, live, served };
}

function exchange(): Exchange {
  const request = new IncomingMessage(new Socket());
  request.method = 'GET';
  request.url = `/_matrix/client/v3/joined_rooms?access_token=${encodeURIComponent(TOKEN)}`;
  return new Exchange('r1', request, new ServerResponse(request));
}

const [endpoint] = endpointsOf([routes.joinedRooms]);

describe('Pipeline', () => {
  it('serves whoever may be served', async () => {
    const { pipeline, live, served } = pipelineOf(() => undefined);
    expect((await pipeline.answer(endpoint!, {}, exchange())).status).toBe(200);
    expect([served, live.size]).toEqual([['joinedRooms'], 0]);
  });

  it('does nothing for a token that was revoked after it had been looked up, before the request could be cut off', async () => {
    let isFirst = true;
    const { pipeline, live, served } = pipelineOf((revoke) => {
      if (isFirst) queueMicrotask(revoke);
      isFirst = false;
    });
    await expect(pipeline.answer(endpoint!, {}, exchange())).rejects.toMatchObject({ errcode: 'M_UNKNOWN_TOKEN' });
    expect([served, live.size]).toEqual([[], 0]);
  });
});
