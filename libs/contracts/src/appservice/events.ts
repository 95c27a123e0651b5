import type { Event } from '@ganglion/kernel';

export interface Namespace {
  exclusive: boolean;
  regex: string;
}
/** The part of a registration that other services may know (appservice.md §2). No token in clear. */
export interface RegistrationPublic {
  asId: string;
  /** Full user id of the sender. */
  sender: string;
  /** SHA-256 of the as_token, lower-case hex. */
  asTokenHash: string;
  namespaces: { users: Namespace[]; aliases: Namespace[]; rooms: Namespace[] };
  rateLimited: boolean;
  ipRangeWhitelist: string[] | null;
  protocols: string[];
  hasUrl: boolean;
  /** `io.element.msc4190`: it manages devices itself and may not log in. Absent: false. */
  deviceManaged?: boolean;
}
export type RegistrationAdded = Event<'registration.added', RegistrationPublic>;
/** `changed` names the parts that differ; also `url`, `hs_token` and `options`, which are not in the log. */
export type RegistrationChanged = Event<'registration.changed', RegistrationPublic & { changed: string[] }>;
export type RegistrationRemoved = Event<'registration.removed', { asId: string }>;

/** An appservice stopped taking transactions. `class` is one of appservice.md §10.1. */
export type LaneWentDown = Event<'lane.went_down', { asId: string; class: string }>;
/** It has taken everything that had been waiting. */
export type LaneRecovered = Event<'lane.recovered', { asId: string }>;

export type AppserviceEvent =
  RegistrationAdded | RegistrationChanged | RegistrationRemoved | LaneWentDown | LaneRecovered;

/** `qry.appservice.snapshot`: every registration, in load order, as of `pos`. */
export interface AppserviceSnapshot {
  logId: string;
  pos: number;
  registrations: RegistrationPublic[];
}
