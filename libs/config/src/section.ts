import { Type, type Static, type TObject, type TProperties } from 'typebox';

/** One part of `ganglion.yaml`, declared once, with default, bounds, unit and meaning of every key. */
export interface Section<Name extends string = string, Schema extends TObject = TObject> {
  name: Name;
  schema: Schema;
  /** What `GANGLION_PROFILE=test` puts in place of the defaults. */
  testProfile: Record<string, unknown>;
}

/** Declares a section. Keys that nobody declared are refused, so that a typing error is not a silent default. */
export function defineConfig<Name extends string, Props extends TProperties>(
  name: Name,
  description: string,
  properties: Props,
  testProfile: Record<string, unknown> = {},
) {
  const schema = Type.Object(properties, { additionalProperties: false, description, default: {} });
  return { name, schema, testProfile };
}

export type ConfigOf<S extends { schema: TObject }> = Readonly<Static<S['schema']>>;

/**
 * A length of time. In YAML an integer (ms) or a number with one of the suffixes `ms s m h d w y`; in the program ms.
 * The flag is read by the loader, which turns the text into ms before validation.
 */
export const Duration = (options: { default: number; minimum?: number; maximum?: number; description: string }) =>
  Type.Integer({ minimum: 0, ...options, duration: true });

/** A length of time that may be switched off with `null`. */
export const OptionalDuration = (options: { default: number | null; description: string }) =>
  Type.Union([Type.Integer({ minimum: 0, duration: true }), Type.Null()], options);

export const OptionalString = (options: { description: string; secret?: boolean; default?: string | null }) =>
  Type.Union([Type.String({ minLength: 1 }), Type.Null()], { default: null, ...options });
