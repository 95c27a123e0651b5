/** What stands in an event's `data` in place of a value that is sealed under the event's `keyId`. */
export interface Sealed {
  /** base64url */
  sealed: string;
}

/** `Data` as the log keeps it, with these of its fields sealed. Null and absent stay what they are. */
export type WithSealed<Data extends object, Field extends keyof Data> = {
  [Name in keyof Data]: Name extends Field ? Sealed | Extract<Data[Name], null | undefined> : Data[Name];
};

export function isSealed(value: unknown): value is Sealed {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 1) return false;
  return typeof (value as Partial<Sealed>).sealed === 'string';
}
