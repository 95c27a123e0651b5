/** A JSON object as `JSON.parse` makes it. */
export type JsonObject = Record<string, unknown>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The value under `key`, or undefined. Objects out of `JSON.parse` inherit from `Object.prototype`, so a plain
 * `object[key]` with a key that a client chose (`constructor`, `toString`) would find a function.
 */
export function own(object: unknown, key: string): unknown {
  return isJsonObject(object) && Object.hasOwn(object, key) ? object[key] : undefined;
}

/** The string under `key`, or undefined when there is none or it is of another type. */
export function ownString(object: unknown, key: string): string | undefined {
  const value = own(object, key);
  return typeof value === 'string' ? value : undefined;
}

/** ES2024: every Node this runs on has it, the compiler's library does not yet. */
interface Es2024String {
  isWellFormed(): boolean;
}

/** Whether the text is Unicode that UTF-8 can carry: no surrogate without its other half. */
export function isWellFormed(text: string): boolean {
  return (text as unknown as Es2024String).isWellFormed();
}
