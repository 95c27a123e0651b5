import type { RegistrationPublic } from '@ganglion/contracts';
import { Refusal } from '@ganglion/kernel';
import { addressRanges, type AddressRanges } from './addresses.js';
import { prefixMatcher, type PrefixMatcher } from './namespaces.js';
import { refusals } from './requester.errors.js';
import type { Directory, RequestFacts, ResolveOptions } from './resolve.types.js';

interface Compiled {
  users: PrefixMatcher[];
  ranges: AddressRanges | null;
}

/** A registration is compiled when it is first used; it goes when the replica lets go of it. */
const compiledOf = new WeakMap<RegistrationPublic, Compiled>();

function compile(registration: RegistrationPublic): Compiled {
  let compiled = compiledOf.get(registration);
  if (!compiled) {
    const { namespaces, ipRangeWhitelist } = registration;
    compiled = {
      users: namespaces.users.map(({ regex }) =>
        orElse(
          () => prefixMatcher(regex),
          () => false,
        ),
      ),
      ranges: ipRangeWhitelist === null ? null : orElse(() => addressRanges(ipRangeWhitelist), addressRanges([])),
    };
    compiledOf.set(registration, compiled);
  }
  return compiled;
}

/**
 * The appservice service refuses a registration that does not compile. Should one get here all the same (made by another
 * version), it controls nobody and comes from nowhere; the requests of everybody else must not fail over it.
 */
function orElse<T>(compileIt: () => T, none: T): T {
  try {
    return compileIt();
  } catch {
    return none;
  }
}

/** Auth.md §4.2.2. */
export function mayComeFrom(registration: RegistrationPublic, clientIp: string | null): boolean {
  const { ranges } = compile(registration);
  return ranges === null || (clientIp !== null && ranges.contains(clientIp));
}

/** Auth.md §4.2.3–4.2.6: as whom, and with which device, an appservice acts. */
export function masquerade(
  registration: RegistrationPublic,
  query: RequestFacts['query'],
  directory: Directory,
  { serverName, msc3202DeviceMasquerading }: ResolveOptions,
): { userId: string; deviceId: string | null } | Refusal {
  const userId = query['user_id']?.[0] ?? registration.sender;
  const isSender = userId === registration.sender;
  if (!isSender && !(controls(registration, userId) && isLocalAccount(userId, directory, serverName))) {
    return refusals.notInNamespace;
  }
  const deviceId = deviceOf(userId, query, directory, msc3202DeviceMasquerading);
  if (deviceId instanceof Refusal) return deviceId;
  if (!isSender && directory.isLocked(userId)) return refusals.userLocked;
  if (!isSender && directory.account(userId)?.deactivated) return refusals.userDeactivated;
  return { userId, deviceId };
}

function deviceOf(
  userId: string,
  query: RequestFacts['query'],
  directory: Directory,
  unstableAllowed: boolean,
): string | null | Refusal {
  const stable = query['device_id']?.[0];
  const deviceId = stable ?? (unstableAllowed ? query['org.matrix.msc3202.device_id']?.[0] : undefined);
  if (deviceId === undefined) return null;
  if (directory.hasDevice(userId, deviceId)) return deviceId;
  return stable === undefined ? refusals.deviceUnknownUnstable : refusals.deviceUnknown;
}

/** Is the user in one of its namespaces? The sender is, whether or not one says so. */
export function controls(registration: RegistrationPublic, userId: string): boolean {
  return userId === registration.sender || compile(registration).users.some((matches) => matches(userId));
}

function isLocalAccount(userId: string, directory: Directory, serverName: string): boolean {
  return userId.endsWith(`:${serverName}`) && directory.account(userId) !== undefined;
}
