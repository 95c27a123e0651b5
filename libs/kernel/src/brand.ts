declare const brand: unique symbol;

/** A string that only its parser may make, so that a room id cannot be passed for a user id. */
export type Brand<Name extends string> = string & { readonly [brand]: Name };

export type UserId = Brand<'UserId'>;
export type RoomId = Brand<'RoomId'>;
export type RoomAlias = Brand<'RoomAlias'>;
export type EventId = Brand<'EventId'>;
export type DeviceId = Brand<'DeviceId'>;
