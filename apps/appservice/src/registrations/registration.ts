import type {
  RegistrationAdded,
  RegistrationChanged,
  RegistrationPublic,
  RegistrationRemoved,
} from '@ganglion/contracts';

/** What an appservice wants its transactions to be like, and other switches of its registration. No secret. */
export interface RegistrationOptions {
  receiveEphemeral: boolean;
  /** The older switch; it controls field names, so it is kept apart. */
  pushEphemeralMsc2409: boolean;
  msc3202: boolean;
  /** `io.ganglion.suppress_echo`: nothing that was sent with its own token, memberships apart. */
  suppressEcho: boolean;
  /** `io.ganglion.legacy_event_fields`: `user_id`, `age` and others on the top level of events too. */
  legacyEventFields: boolean;
}

/** A registration as the service uses it. `url` and `hsToken` never leave the service. */
export interface Registration {
  public: RegistrationPublic;
  options: RegistrationOptions;
  /** Without trailing slashes. Null: nothing is pushed and nothing asked. */
  url: string | null;
  hsToken: string;
  /** Where it comes from: the path of its file. */
  source: string;
}

export type RegistrationEvent = RegistrationAdded | RegistrationChanged | RegistrationRemoved;

/** What the log knows of one appservice id. */
export type KnownRegistration = { status: 'absent' } | { status: 'present'; public: RegistrationPublic };

export const registrationDecider = {
  initial: (): KnownRegistration => ({ status: 'absent' }),
  /** Total: leaves the state as it is on an event it does not know. */
  evolve(state: KnownRegistration, event: RegistrationEvent): KnownRegistration {
    switch (event.type) {
      case 'registration.added':
        return { status: 'present', public: event.data };
      case 'registration.changed': {
        const { changed: _, ...known } = event.data;
        return { status: 'present', public: known };
      }
      case 'registration.removed':
        return { status: 'absent' };
      default:
        return state;
    }
  },
};

/**
 * Takes a registration as it stands in its source now.
 * @param privatelyChanged  names of parts that the log does not hold and that changed (`url`, `hs_token`, `options`)
 */
export function register(
  known: KnownRegistration,
  wanted: RegistrationPublic,
  privatelyChanged: readonly string[],
): RegistrationEvent[] {
  if (known.status === 'absent') return [{ type: 'registration.added', data: wanted }];
  const changed = [...publicChanges(known.public, wanted), ...privatelyChanged];
  return changed.length === 0 ? [] : [{ type: 'registration.changed', data: { ...wanted, changed } }];
}

export function remove(known: KnownRegistration, asId: string): RegistrationEvent[] {
  return known.status === 'absent' ? [] : [{ type: 'registration.removed', data: { asId } }];
}

/** Names of the public parts that differ. */
export function publicChanges(before: RegistrationPublic, after: RegistrationPublic): string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof RegistrationPublic>;
  return [...keys].filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
}
