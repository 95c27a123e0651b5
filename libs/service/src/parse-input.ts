import { Refusal } from '@ganglion/kernel';
import type { Static, TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';

const compiled = new WeakMap<TSchema, Validator>();

/**
 * Checks what a client sent. Only what the schema names is looked at; keys we do not know stay (clients send them).
 * @throws one required key missing: M_MISSING_PARAM; wrong type, or several problems: M_BAD_JSON;
 *         right type but refused by a bound: M_INVALID_PARAM (auth.md §0)
 */
export function parseInput<Schema extends TSchema>(schema: Schema, value: unknown): Static<Schema> {
  let validator = compiled.get(schema);
  if (!validator) compiled.set(schema, (validator = Compile(schema)));
  if (validator.Check(value)) return value as Static<Schema>;
  throw problem(validator.Errors(value));
}

interface SchemaError {
  keyword: string;
  instancePath: string;
  message: string;
  params: object;
}

function problem(errors: SchemaError[]): Refusal {
  const missing = errors.flatMap(({ keyword, params }) =>
    keyword === 'required' ? (params as { requiredProperties: string[] }).requiredProperties : [],
  );
  const places = new Set(
    errors.filter(({ keyword }) => keyword !== 'required').map(({ instancePath }) => instancePath),
  );
  if (missing.length === 1 && places.size === 0) return bad('M_MISSING_PARAM', `Missing parameter: ${missing[0]}`);
  const [first] = errors;
  const where = first!.instancePath.replaceAll('/', '.').replace(/^\./, '') || 'body';
  const wrongType = errors.some(({ keyword }) => ['type', 'anyOf', 'const', 'enum', 'required'].includes(keyword));
  return bad(wrongType || places.size > 1 ? 'M_BAD_JSON' : 'M_INVALID_PARAM', `${where}: ${first!.message}`);
}

/** First value of a query parameter that must be a non-negative integer. */
export function queryInteger(query: Record<string, string[]>, name: string, fallback: number): number {
  const text = query[name]?.[0];
  if (text === undefined) return fallback;
  if (!/^\d{1,15}$/.test(text)) throw bad('M_INVALID_PARAM', `Query parameter ${name} must be a non-negative integer`);
  return Number(text);
}

/** First value of a query parameter that must be `true` or `false`. */
export function queryBoolean(query: Record<string, string[]>, name: string, fallback: boolean): boolean {
  const text = query[name]?.[0];
  if (text === undefined) return fallback;
  if (text !== 'true' && text !== 'false')
    throw bad('M_INVALID_PARAM', `Query parameter ${name} must be true or false`);
  return text === 'true';
}

/** First value of a query parameter that must be one of a few words. */
export function queryChoice<Word extends string>(
  query: Record<string, string[]>,
  name: string,
  words: readonly Word[],
  fallback: Word,
): Word {
  const text = query[name]?.[0];
  if (text === undefined) return fallback;
  if (!(words as readonly string[]).includes(text)) {
    throw bad('M_INVALID_PARAM', `Query parameter ${name} must be one of ${words.join(', ')}`);
  }
  return text as Word;
}

function bad(errcode: string, message: string): Refusal {
  return new Refusal('BAD_INPUT', 'invalid', message, errcode);
}
