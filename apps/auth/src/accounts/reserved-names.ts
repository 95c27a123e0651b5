import type { RegistrationPublic } from '@ganglion/contracts';
import { prefixMatcher, type PrefixMatcher } from '@ganglion/requester';

const compiled = new WeakMap<RegistrationPublic, PrefixMatcher[]>();

/**
 * Does the user id belong to that application service alone? Its sender does; otherwise the first entry of `users` that
 * matches decides (appservice.md §5.1).
 */
export function isExclusiveTo(registration: RegistrationPublic, userId: string): boolean {
  if (userId === registration.sender) return true;
  const { users } = registration.namespaces;
  let matchers = compiled.get(registration);
  if (!matchers) compiled.set(registration, (matchers = users.map(({ regex }) => prefixMatcher(regex))));
  const first = matchers.findIndex((matches) => matches(userId));
  return users[first]?.exclusive ?? false;
}

/** @param exceptFor  id of the application service that asks for itself; null: a person */
export function isReserved(
  registrations: Iterable<RegistrationPublic>,
  userId: string,
  exceptFor: string | null,
): boolean {
  for (const registration of registrations) {
    if (registration.asId !== exceptFor && isExclusiveTo(registration, userId)) return true;
  }
  return false;
}
