import { isJsonObject } from '@ganglion/matrix';

/**
 * What of a client event the filter's `event_fields` ask for. `content.body` keeps that one key; a dot inside a key is written `\.`.
 * @returns a new object with the asked keys that exist
 */
export function keepFields(event: Record<string, unknown>, fields: readonly string[]): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const field of fields) copyPath(event, kept, pathOf(field));
  return kept;
}

function pathOf(field: string): string[] {
  const path: string[] = [];
  let key = '';
  for (let i = 0; i < field.length; i++) {
    const isEscape = field[i] === '\\' && (field[i + 1] === '.' || field[i + 1] === '\\');
    if (isEscape) key += field[++i];
    else if (field[i] === '.') {
      path.push(key);
      key = '';
    } else key += field[i];
  }
  return [...path, key];
}

function copyPath(from: Record<string, unknown>, to: Record<string, unknown>, [key, ...rest]: string[]): void {
  if (key === undefined || !Object.hasOwn(from, key)) return;
  const value = from[key];
  if (rest.length === 0) return define(to, key, value);
  if (!isJsonObject(value)) return;
  const below = Object.hasOwn(to, key) && isJsonObject(to[key]) ? to[key] : {};
  copyPath(value, below, rest);
  if (Object.keys(below).length > 0) define(to, key, below);
}

/** A plain assignment to `__proto__` would not make a key. */
function define(object: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}
